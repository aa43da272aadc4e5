import { isDeepStrictEqual } from 'node:util';
import {
  type ChatAnswer,
  isObject,
  type JsonObject,
  type Message,
  type Part,
  parseJsonBody,
} from '../../protocol/index.ts';
import type { GuardrailPhase } from './guardrail.ts';

/** The documents that guardrails are sent and answer with, as `docs/guardrails.md` describes them. */
const version = 1;

const reasonCharsMax = 300;

/** What a guardrail is told of whose request it is. */
export interface GuardrailSubject {
  requestId: string;
  route: string | undefined;
  /** As the client wrote it. */
  model: string;
  keyId: string;
  project: string | undefined;
  tags: readonly string[];
}

/** What a guardrail is told of the request itself. */
export interface CheckedRequest {
  /** The client's dialect, or the endpoint beside chat. */
  kind: string;
  stream: boolean;
  messages: readonly Message[];
  tools: readonly string[];
}

export function questionOf(
  phase: GuardrailPhase,
  subject: GuardrailSubject,
  request: CheckedRequest,
  answer: ChatAnswer | undefined,
): Uint8Array {
  const document = {
    version,
    phase,
    request_id: subject.requestId,
    route: subject.route ?? null,
    model: subject.model,
    key_id: subject.keyId,
    project: subject.project ?? null,
    tags: subject.tags,
    request: { ...request, messages: wireMessages(request.messages) },
    ...(answer === undefined
      ? {}
      : { answer: { parts: answer.parts.map(wirePart), finish: answer.finish.unified } }),
  };
  return Buffer.from(JSON.stringify(document));
}

function wireMessages(messages: readonly Message[]): JsonObject[] {
  return messages.map(({ role, parts }) => ({ role, parts: parts.map(wirePart) }));
}

/** Signatures and cache marks are nothing to judge by, and the data of pictures would fill the document. */
function wirePart(part: Part): JsonObject {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return { type: part.type, text: part.text };
    case 'redacted-reasoning':
      return { type: part.type };
    case 'tool-call':
      return { type: part.type, id: part.id, name: part.name, arguments: part.arguments };
    case 'tool-result':
      return {
        type: part.type,
        call_id: part.callId,
        is_error: part.isError,
        parts: part.parts.map(wirePart),
      };
    case 'image':
    case 'document':
      return wireFile(part);
    case 'other':
      return { type: part.type, kind: part.kind, raw: part.raw };
  }
}

function wireFile(part: Extract<Part, { type: 'image' | 'document' }>): JsonObject {
  const { type, source } = part;
  const name = part.type === 'document' && part.name !== undefined ? { name: part.name } : {};
  if (source.kind === 'url') return { type, ...name, url: source.url };
  const { mediaType, data } = source;
  const bytes = Buffer.byteLength(data, 'base64');
  const said = mediaType.startsWith('text/') ? { text: Buffer.from(data, 'base64').toString('utf8') } : {};
  return { type, ...name, media_type: mediaType, bytes, ...said };
}

export type Verdict =
  | { action: 'allow' }
  | { action: 'block'; reason: string | undefined; code: string | undefined }
  | { action: 'replace'; document: JsonObject };

/** Undefined for what is no verdict. */
export function readVerdict(bytes: Uint8Array): Verdict | undefined {
  let document: JsonObject;
  try {
    document = parseJsonBody(bytes);
  } catch {
    return undefined;
  }
  switch (document['action']) {
    case 'allow':
      return { action: 'allow' };
    case 'block':
      // A refusal holds, however its reason is written.
      return { action: 'block', reason: readReason(document['reason']), code: readCode(document['code']) };
    case 'replace':
      return { action: 'replace', document };
    default:
      return undefined;
  }
}

function readReason(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value.replace(/\p{Cc}+/gu, ' ').trim();
  return line === '' ? undefined : line.slice(0, reasonCharsMax);
}

function readCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value) ? value : undefined;
}

/**
 * The texts that replace those of the conversation, in its order. Undefined where the messages are not the ones that were sent but for their
 * texts, or one of these became empty, which no message may be.
 */
export function readTexts(document: JsonObject, sent: readonly Message[]): string[] | undefined {
  const request = document['request'];
  const given = isObject(request) ? request['messages'] : undefined;
  // As JSON has it, without the fields that are undefined.
  const wanted: unknown = JSON.parse(JSON.stringify(wireMessages(sent)));
  const texts: string[] = [];
  return isSameButTexts(wanted, given, texts) ? texts : undefined;
}

/** Compares what was sent with what came back, and collects the texts. */
function isSameButTexts(sent: unknown, given: unknown, texts: string[]): boolean {
  if (Array.isArray(sent)) {
    return (
      Array.isArray(given) &&
      given.length === sent.length &&
      sent.every((each, at) => isSameButTexts(each, given[at], texts))
    );
  }
  if (!isObject(sent) || !isObject(given)) return false;
  if (sent['type'] === 'text') {
    const text = given['text'];
    if (given['type'] !== 'text' || typeof text !== 'string') return false;
    if (text === '' && sent['text'] !== '') return false;
    texts.push(text);
    return true;
  }
  const { parts: sentParts, ...sentRest } = sent;
  const { parts: givenParts, ...givenRest } = given;
  if (!isDeepStrictEqual(sentRest, givenRest)) return false;
  return sentParts === undefined ? givenParts === undefined : isSameButTexts(sentParts, givenParts, texts);
}

/** The text that replaces that of the answer; undefined where there is none. */
export function readAnswerText(document: JsonObject): string | undefined {
  const answer = document['answer'];
  const text = isObject(answer) ? answer['text'] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** One text in the place of everything the answer said; its thinking and its calls stay. */
export function withText(answer: ChatAnswer, text: string): ChatAnswer {
  const isSaid = ({ type }: Part): boolean => type === 'text' || type === 'refusal';
  const first = answer.parts.findIndex((part) => isSaid(part) || part.type === 'tool-call');
  const at = first === -1 ? answer.parts.length : first;
  const rest = answer.parts.slice(at).filter((part) => !isSaid(part));
  return { ...answer, parts: [...answer.parts.slice(0, at), { type: 'text', text }, ...rest] };
}
