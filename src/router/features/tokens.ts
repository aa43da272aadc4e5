import type { ChatRequest, ImageSource, Part } from '../../protocol/index.ts';

/** Dearest common image: a large picture in several tiles. */
const imageTokensBound = 2000;
const imageTokensEstimate = 800;
/** Bytes of a document per token, pessimistically and as expected of a PDF with its layout and fonts. */
const documentBytesPerTokenBound = 4;
const documentBytesPerTokenEstimate = 40;
/** A remote document's size is not known before it is fetched. */
const remoteDocumentTokens = 20_000;
const messageOverheadTokens = 8;
/** Characters per token of Latin-script text and code, of CJK text, and of JSON around them, over current tokenizers. */
const latinCharsPerToken = 3.9;
const wideTokensPerChar = 0.75;
const jsonBytesPerToken = 4.2;

export interface TokenCount {
  /** No tokenizer makes more tokens of this request. */
  bound: number;
  estimate: number;
}

/**
 * Input tokens without a tokenizer. The bound is by bytes: byte-level vocabularies never make more tokens than bytes. The
 * estimate weighs characters by script, told apart by how many bytes they take.
 */
export function inputTokens(request: ChatRequest): TokenCount {
  const tally = { textBytes: 0, encodedBytes: 0, bound: 0, estimate: 0 };
  for (const message of request.messages) {
    tally.bound += messageOverheadTokens;
    tally.estimate += messageOverheadTokens / 2;
    for (const part of message.parts) countPart(part, tally);
  }
  // What the body holds beyond texts and media: tools, schemas, JSON itself.
  const restBytes = Math.max(0, request.bytes.length - tally.textBytes - tally.encodedBytes);
  return {
    bound: Math.ceil(tally.bound + tally.textBytes + restBytes),
    estimate: Math.ceil(tally.estimate + restBytes / jsonBytesPerToken),
  };
}

function countPart(
  part: Part,
  tally: { textBytes: number; encodedBytes: number; bound: number; estimate: number },
): void {
  const text = (value: string) => {
    const bytes = Buffer.byteLength(value);
    // Two extra bytes mark a CJK character, one a Latin letter with a mark; the latter are counted as half of the former.
    const wide = (bytes - value.length) / 2;
    tally.textBytes += bytes;
    const chars = value.length - wide - padding(value);
    tally.estimate += Math.max(0, chars) / latinCharsPerToken + wide * wideTokensPerChar;
  };
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      text(part.text);
      return;
    case 'tool-call':
      text(part.arguments);
      return;
    case 'tool-result':
      for (const inner of part.parts) countPart(inner, tally);
      return;
    case 'image':
      tally.encodedBytes += encodedBytes(part.source);
      tally.bound += imageTokensBound;
      tally.estimate += imageTokensEstimate;
      return;
    case 'document': {
      const bytes = encodedBytes(part.source);
      tally.encodedBytes += bytes;
      const raw = (bytes * 3) / 4;
      tally.bound += bytes === 0 ? remoteDocumentTokens : raw / documentBytesPerTokenBound;
      tally.estimate += bytes === 0 ? remoteDocumentTokens : raw / documentBytesPerTokenEstimate;
      return;
    }
    default:
      return;
  }
}

/** Tokenizers have single tokens for long runs of blanks; deep indentation and padding are made of them. */
const longBlanks = / {17,}|\n{4,}|\t{4,}/g;

function padding(text: string): number {
  if (!text.includes('                 ') && !text.includes('\n\n\n\n') && !text.includes('\t\t\t\t'))
    return 0;
  let chars = 0;
  for (const [run] of text.matchAll(longBlanks)) chars += run.length - latinCharsPerToken;
  return chars;
}

const encodedBytes = (source: ImageSource) => (source.kind === 'base64' ? source.data.length : 0);
