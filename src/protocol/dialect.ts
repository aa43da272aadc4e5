import type { ChatAnswer, ChatEvent } from './answer.ts';
import type { TextPlaces } from './dialects/text-places.ts';
import type { GatewayError, UpstreamSaid } from './errors.ts';
import type { StreamFrame } from './frame.ts';
import type { JsonObject } from './json.ts';
import type { TopLevelEdits } from './json-splice.ts';
import type { PastThoughts } from './past-thoughts.ts';
import type { ChatRequest, ClientDialectName, DialectName, ReasoningRequest } from './request.ts';

/**
 * How thinking is switched at an upstream. `reasoning_effort`: an effort word, in the dialect's own field for it (chat completions,
 * Responses). `reasoning`: the object `{effort, max_tokens, enabled}` of OpenRouter. `thinking`: `{type, budget_tokens}`, where
 * Messages needs the budget and others ignore it. `adaptive-thinking`: Messages since Claude 4.6. `enable_thinking`: top-level switch with
 * `thinking_budget` (DashScope, SiliconFlow). `chat_template_kwargs`: the switch inside the chat template (vLLM, SGLang).
 * `thinking_level` and `thinking_budget`: `thinkingConfig` of Gemini 3 and 2.5.
 */
export type ReasoningControl =
  | 'none'
  | 'reasoning_effort'
  | 'reasoning'
  | 'thinking'
  | 'adaptive-thinking'
  | 'enable_thinking'
  | 'chat_template_kwargs'
  | 'thinking_level'
  | 'thinking_budget';

/** How a translated request must look at the upstream it goes to; every field is a property of provider or model, never a name. */
export interface EncodeTarget {
  /** The model's name at the upstream. */
  model: string;
  /** Sent when the client names no limit but the dialect requires one (`max_tokens` of Messages). */
  defaultMaxOutputTokens: number;
  /** The upstream's field for the output limit (chat completions has two). */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** The upstream understands `response_format: json_schema`. */
  jsonSchema: boolean;
  /** How thinking is switched at this upstream. */
  reasoningControl: ReasoningControl;
  /** Effort words the model takes, e.g. `['none', 'low', 'high']`; absent = those that every model with an effort takes. */
  reasoningEfforts?: readonly string[] | undefined;
  /**
   * Past reasoning that is sent back: none, that of turns in which tools were called, or all. Absent = `all` where thinking is switched by
   * `thinking` or `enable_thinking`, else `none`.
   */
  reasoningEcho?: 'none' | 'tool-turns' | 'all' | undefined;
  /** The field it is sent back in; absent = `reasoning_content`. */
  reasoningEchoField?: 'reasoning_content' | 'reasoning_details' | undefined;
  /** Sent where a tool gave nothing back, because the upstream refuses an empty message; absent = it takes one. */
  emptyToolResult?: string | undefined;
  /** The upstream understands `stream_options.include_usage`; absent = it does. */
  streamUsageOption?: boolean | undefined;
  /** False: the model refuses temperature, top_p, top_k and penalties; absent = it takes them. */
  sampling?: boolean | undefined;
  /** False: the model is named in the path, and a `model` in the body is refused. Absent = as the dialect has it. */
  modelInBody?: boolean | undefined;
  /** `system`: the upstream refuses the role `developer`. `merged`: also more than one system message. Absent = it takes both. */
  systemRole?: 'system' | 'merged' | undefined;
  /** The upstream wants user and assistant to take turns: neighbours of one role are joined. */
  alternatingRoles?: boolean | undefined;
  /** Replaces what the client asked of the model's thinking: the effort preset of the candidate that was chosen. */
  reasoning?: ReasoningRequest | undefined;
}

/** How a body that passes as the client wrote it must differ all the same. */
export interface PassEdits {
  edits: TopLevelEdits;
  /** The stream's usage-only chunk is asked for by us alone: it is read, then kept from the client. */
  hidesUsage: boolean;
  /** Client fields that the upstream would refuse, by name. */
  dropped: string[];
}

export interface EncodedRequest {
  body: JsonObject;
  /** Client fields that could not be carried, by their names in the client's dialect, e.g. `logprobs`. */
  dropped: string[];
}

/** Turns an upstream's stream into events. One instance per stream; `decode` is called once per frame, in order. */
export interface EventDecoder {
  decode(frame: StreamFrame): ChatEvent[];
}

/** Turns events into what the client reads (complete frames; `''` where an event has no form). One instance per stream. */
export interface EventEncoder {
  encode(event: ChatEvent): WireChunk;
}

/** A piece of a stream: text (sent as UTF-8) where the dialect streams server-sent events, bytes where its frames are binary. */
export type WireChunk = string | Uint8Array;

/** What the path says, in dialects whose requests name model and stream there. */
export interface RequestPath {
  model: string;
  stream: boolean;
}

/** What our own answers say about themselves. */
export interface AnswerIdentity {
  /** Our request id; used to derive the answer's id where the upstream gave none in this dialect's form. */
  requestId: string;
  /** Shown as `model` when the upstream named none. */
  model: string;
  createdAtSeconds: number;
  /** The client asked for usage in the stream. */
  includeUsage: boolean;
  /** Milliseconds since the request came, for dialects whose answers tell how long they took. */
  elapsedMs?: (() => number) | undefined;
  /** What was asked, for dialects whose answers repeat it. */
  request?: ChatRequest | undefined;
}

/** The side of a wire format that clients see. Encoders are strict: what we synthesise validates against the published schema. */
export interface ClientDialect {
  readonly name: ClientDialectName;
  /** The media type of its streams. */
  readonly streamContentType: string;
  /** What may be written into a silent stream so that nobody takes it for dead; undefined where clients would choke on it. */
  readonly heartbeat: WireChunk | undefined;
  /** Where its requests hold text. */
  readonly textPlaces: TextPlaces;
  /**
   * `path` is given where the request's path names model and stream. Throws GatewayError `invalid_request` naming the field at
   * fault and what would make it right.
   */
  decodeRequest(body: JsonObject, bytes: Uint8Array, path?: RequestPath): ChatRequest;
  encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject;
  eventEncoder(identity: AnswerIdentity): EventEncoder;
  /** The HTTP status of an error answer, where clients of this dialect need another than the error's own. */
  statusOf?(error: GatewayError): number;
  /** The error body of an HTTP answer. */
  encodeError(error: GatewayError, requestId: string): JsonObject;
  /** The error as an in-band frame of a stream that has begun, with the dialect's terminal frames where clients need them. */
  encodeErrorFrame(error: GatewayError, requestId: string): WireChunk;
}

/** The side of a wire format that upstreams see. Decoders are lenient with what vendors really send. */
export interface UpstreamDialect {
  readonly name: DialectName;
  encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest;
  /** What must be edited for an upstream of this same dialect; everything else passes byte for byte. */
  passEdits(request: ChatRequest, target: EncodeTarget): PassEdits;
  /**
   * The edits that put thinking in order in a body that passes: what a client dropped is put back, what another maker signed is taken out.
   * `body` is as the other edits leave it. Absent = the dialect's clients keep their thinking.
   */
  passThoughts?(body: JsonObject, thoughts: PastThoughts, target: EncodeTarget): TopLevelEdits;
  /** Throws GatewayError `upstream_protocol` when the body is not an answer of this dialect. */
  decodeAnswer(body: JsonObject): ChatAnswer;
  eventDecoder(): EventDecoder;
  /** False: its streams have no terminal event, and end with the finish reason. Absent = they have one. */
  readonly announcesEnd?: false;
  /** Reads code, type and message out of an upstream's error body (parsed JSON or text). */
  decodeError(status: number, body: unknown): UpstreamSaid;
}

/** A wire format, both ways: N codecs instead of N² translations. */
export interface Dialect extends ClientDialect, UpstreamDialect {
  readonly name: DialectName;
}
