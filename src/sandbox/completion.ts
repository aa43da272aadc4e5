import type { Ask } from './ask.ts';
import type { Generation, Piece } from './generation.ts';
import { countTokens } from './tokens.ts';

/** Facts that every chunk of an answer repeats. */
export interface CompletionHead {
  id: string;
  created: number;
  model: string;
}

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; audio_tokens: number };
  completion_tokens_details: {
    reasoning_tokens: number;
    audio_tokens: number;
    accepted_prediction_tokens: number;
    rejected_prediction_tokens: number;
  };
}

const messageOverheadTokens = 4;
const imageTokensBase = 85;
const imageTokensPerTile = 170;
const imageTilePx = 512;
const imageTilesMax = 16;
const imageTilesUnknown = 4;

/** Text as the sandbox counts it, four tokens a message, and images by tiles of 512 pixels. */
export function promptTokensOf(ask: Ask): number {
  const images = ask.images.reduce((sum, image) => {
    const [width, height] = image.kind === 'inline' ? [image.width, image.height] : [];
    const known = width !== undefined && height !== undefined;
    const tiles = known
      ? Math.ceil(width / imageTilePx) * Math.ceil(height / imageTilePx)
      : imageTilesUnknown;
    return sum + imageTokensBase + imageTokensPerTile * Math.min(tiles, imageTilesMax);
  }, 0);
  return countTokens(ask.prompt) + ask.messages * messageOverheadTokens + images;
}

export function usageOf(promptTokens: number, cachedTokens: number, generation: Generation): CompletionUsage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generation.completionTokens,
    total_tokens: promptTokens + generation.completionTokens,
    prompt_tokens_details: { cached_tokens: Math.min(cachedTokens, promptTokens), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: generation.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The whole answer as one `chat.completion`. */
export function completionBody(head: CompletionHead, generation: Generation, usage: CompletionUsage): object {
  const reasoning = joined(generation.pieces, 'reasoning');
  const text = joined(generation.pieces, 'text');
  const calls = generation.calls.map((call, index) => ({
    id: call.id,
    type: 'function',
    function: {
      name: call.name,
      arguments: generation.pieces
        .map((piece) => (piece.kind === 'call' && piece.index === index ? piece.text : ''))
        .join(''),
    },
  }));
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: calls.length > 0 && text === '' ? null : text,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          refusal: null,
          annotations: [],
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: null,
        finish_reason: generation.finish,
      },
    ],
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp_sandbox',
  };
}

function joined(pieces: Piece[], kind: 'reasoning' | 'text'): string {
  return pieces.map((piece) => (piece.kind === kind ? piece.text : '')).join('');
}

/** Writes the chunks of a streamed answer; `includeUsage` adds the usage-only chunk, and `usage: null` to the others. */
export function createChunkWriter(head: CompletionHead, generation: Generation, includeUsage: boolean) {
  const openedCalls = new Set<number>();
  const frame = (choices: object[], usage?: CompletionUsage) =>
    `data: ${JSON.stringify({
      id: head.id,
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
      service_tier: 'default',
      system_fingerprint: 'fp_sandbox',
      choices,
      ...(includeUsage ? { usage: usage ?? null } : {}),
    })}\n\n`;
  const delta = (change: object, finish: string | null = null) =>
    frame([{ index: 0, delta: change, logprobs: null, finish_reason: finish }]);
  return {
    opening: (): string =>
      delta({ role: 'assistant', content: generation.calls.length > 0 ? null : '', refusal: null }),
    piece(piece: Piece): string {
      if (piece.kind === 'reasoning') return delta({ reasoning_content: piece.text });
      if (piece.kind === 'text') return delta({ content: piece.text });
      const call = generation.calls[piece.index];
      const isFirst = !openedCalls.has(piece.index);
      openedCalls.add(piece.index);
      const opened = isFirst
        ? delta({
            tool_calls: [
              {
                index: piece.index,
                id: call?.id,
                type: 'function',
                function: { name: call?.name, arguments: '' },
              },
            ],
          })
        : '';
      return opened + delta({ tool_calls: [{ index: piece.index, function: { arguments: piece.text } }] });
    },
    closing: (usage: CompletionUsage): string =>
      `${delta({}, generation.finish)}${includeUsage ? frame([], usage) : ''}data: [DONE]\n\n`,
  };
}
