import type { Candidate, Deployment } from '../catalog/index.ts';
import {
  type ChatRequest,
  dialects,
  type EncodeTarget,
  GatewayError,
  inClientWords,
  type JsonObject,
  type Part,
  type PastThoughts,
  type ReasoningRequest,
  spliceTopLevel,
  type TopLevelEdits,
} from '../protocol/index.ts';
import { type Quirks, quirksOver, type Wire, wireFor } from '../providers/index.ts';
import { withThoughts } from './past-thoughts.ts';

/** What an upstream is sent for a client's request. */
export interface UpstreamBody {
  bytes: Uint8Array;
  /** How it is spoken with. */
  wire: Wire;
  /** What the upstream is asked for; the client may be given one document all the same. */
  stream: boolean;
  /** The client speaks the upstream's dialect: bytes pass both ways. */
  passthrough: boolean;
  /** The stream's usage-only chunk was asked for by us alone: it is read, then kept from the client. */
  hidesUsage: boolean;
  /** Client fields that could not be carried. */
  dropped: string[];
}

/** Output limit sent where a dialect demands one and the client named none. */
const defaultOutputTokensMax = 32_000;

/** What an effort preset asks of the model's thinking. */
const presets: { readonly [effort in Candidate['effort']]: ReasoningRequest | undefined } = {
  default: undefined,
  off: { enabled: false },
  low: { enabled: true, effort: 'low' },
  high: { enabled: true, effort: 'high' },
};

/**
 * Same dialect: the client's own bytes, edited only at the top-level keys that must differ. Otherwise a translation; throws GatewayError
 * where the request means nothing in another dialect.
 */
export function upstreamBody(
  asked: ChatRequest,
  { deployment, effort }: Candidate,
  thoughts?: PastThoughts,
): UpstreamBody {
  const { provider } = deployment;
  const wire = wireFor(provider, asked.dialect);
  const quirks = quirksOver(provider, wire);
  const preset = presets[effort];
  const request = preset === undefined ? asked : { ...asked, reasoning: preset };
  const stream = asked.stream || mustStream(request, deployment, quirks);
  const target = targetOf(deployment, wire, quirks, preset);
  return wire.dialect === request.dialect
    ? passed(
        { ...request, stream },
        { target, wire, quirks, thoughts, forcedStream: stream !== asked.stream },
      )
    : translated({ ...request, stream }, { target, wire, quirks, thoughts });
}

interface Way {
  target: EncodeTarget;
  wire: Wire;
  quirks: Quirks;
  thoughts: PastThoughts | undefined;
}

function passed(request: ChatRequest, way: Way & { forcedStream: boolean }): UpstreamBody {
  const { target, wire, quirks, thoughts, forcedStream } = way;
  const dialect = dialects[wire.dialect];
  const { edits, hidesUsage, dropped } = dialect.passEdits(request, target);
  const all: { -readonly [key in keyof TopLevelEdits]: TopLevelEdits[key] } = { ...edits };
  if (thoughts !== undefined && dialect.passThoughts !== undefined) {
    Object.assign(all, dialect.passThoughts({ ...request.body, ...edits }, thoughts, target));
  }
  if (forcedStream) all['stream'] = true;
  for (const field of refusedFields(request, quirks)) {
    if (request.body[field] === undefined) continue;
    all[field] = undefined;
    dropped.push(field);
  }
  for (const [field, value] of outOfRange({ ...request.body, ...all }, quirks)) {
    all[field] = value;
    dropped.push(field);
  }
  for (const [field, value] of Object.entries(quirks.extraBody ?? {})) {
    if (request.body[field] === undefined) all[field] = value as TopLevelEdits[string];
  }
  const bytes = spliceTopLevel(request.bytes, all);
  return { bytes, wire, stream: request.stream, passthrough: true, hidesUsage, dropped };
}

function translated(asked: ChatRequest, { target, wire, quirks, thoughts }: Way): UpstreamBody {
  if (asked.ownDialectOnly !== undefined) throw asked.ownDialectOnly;
  refuseEmptied(asked);
  const messages = thoughts === undefined ? asked.messages : withThoughts(asked.messages, thoughts);
  const request = { ...asked, messages };
  const encoded = dialects[wire.dialect].encodeRequest(request, target);
  const body: JsonObject = { ...quirks.extraBody, ...encoded.body };
  const dropped = encoded.dropped.map((name) => inClientWords(request.dialect, name));
  if (target.modelInBody === false) delete body['model'];
  for (const field of refusedFields(request, quirks)) {
    if (body[field] === undefined) continue;
    delete body[field];
    dropped.push(field);
  }
  for (const [field, value] of outOfRange(body, quirks)) {
    body[field] = value;
    dropped.push(field);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { bytes, wire, stream: request.stream, passthrough: false, hidesUsage: false, dropped };
}

function mustStream({ reasoning }: ChatRequest, { model }: Deployment, quirks: Quirks): boolean {
  if (quirks.thinkingNeedsStream !== true || model.capabilities.reasoning === 'none') return false;
  return reasoning?.enabled !== false;
}

function refusedFields({ reasoning }: ChatRequest, quirks: Quirks): string[] {
  const always = quirks.refusedFields ?? [];
  return reasoning?.enabled === false ? always : [...always, ...(quirks.refusedWhileThinking ?? [])];
}

/** The fields whose number this upstream refuses, with the nearest that it takes. */
function outOfRange(body: JsonObject, { ranges }: Quirks): [string, number][] {
  const moved: [string, number][] = [];
  for (const [field, { min, max }] of Object.entries(ranges ?? {})) {
    const value = body[field];
    if (typeof value === 'number' && (value < min || value > max)) {
      moved.push([field, Math.min(Math.max(value, min), max)]);
    }
  }
  return moved;
}

function targetOf(
  { model, upstreamName }: Deployment,
  wire: Wire,
  quirks: Quirks,
  reasoning: ReasoningRequest | undefined,
): EncodeTarget {
  return {
    model: upstreamName,
    modelInBody: wire.modelInBody,
    defaultMaxOutputTokens: Math.min(model.outputTokensMax, defaultOutputTokensMax),
    maxTokensField: quirks.maxTokensField,
    jsonSchema: quirks.jsonSchema,
    streamUsageOption: quirks.usageNeedsStreamOption,
    sampling: model.capabilities.sampling,
    reasoningControl: model.capabilities.reasoning === 'none' ? 'none' : quirks.reasoningControl,
    reasoningEfforts: quirks.reasoningEfforts,
    reasoningEcho: quirks.reasoningEcho,
    reasoningEchoField: quirks.reasoningEchoField,
    emptyToolResult: quirks.emptyToolResult,
    systemRole: quirks.systemRole,
    alternatingRoles: quirks.alternatingRoles,
    reasoning,
  };
}

/** A message of which nothing can be carried would reach the model empty, and be answered as if it had been asked nothing. */
function refuseEmptied({ messages }: ChatRequest): void {
  for (const [index, { role, parts }] of messages.entries()) {
    if (role !== 'user' || parts.length === 0 || !parts.every(isForeign)) continue;
    const kinds = parts.filter(isForeign).map((part) => part.kind.slice(0, 40));
    throw new GatewayError(
      'invalid_request',
      `Nothing of messages[${index}] can be sent to this model: its content is of type ${[...new Set(kinds)].join(', ')}. Use text or images.`,
      { param: `messages[${index}].content` },
    );
  }
}

function isForeign(part: Part): part is Extract<Part, { type: 'other' }> {
  return part.type === 'other';
}
