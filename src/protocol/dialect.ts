import type { ChatAnswer, ChatEvent } from './answer.ts';
import type { GatewayError, UpstreamSaid } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { TopLevelEdits } from './json-splice.ts';
import type { ChatRequest, DialectName } from './request.ts';
import type { SseFrame } from './sse/framer.ts';

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
  reasoningControl: 'none' | 'reasoning_effort' | 'thinking' | 'adaptive-thinking' | 'enable_thinking';
  /** Effort words the model takes, e.g. `['none', 'low', 'high']`; absent = those that every model with an effort takes. */
  reasoningEfforts?: readonly string[] | undefined;
  /** Past reasoning is sent back as `reasoning_content`; absent = where thinking is switched by `thinking` or `enable_thinking`. */
  echoReasoning?: boolean | undefined;
  /** The upstream understands `stream_options.include_usage`; absent = it does. */
  streamUsageOption?: boolean | undefined;
  /** False: the model refuses temperature, top_p, top_k and penalties; absent = it takes them. */
  sampling?: boolean | undefined;
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
  decode(frame: SseFrame): ChatEvent[];
}

/** Turns events into the client's wire text (complete SSE frames; `''` where an event has no form). One instance per stream. */
export interface EventEncoder {
  encode(event: ChatEvent): string;
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
}

/**
 * A wire format, both ways: N codecs instead of N² translations. Decoders are lenient with what vendors really send; encoders
 * are strict: what we synthesise validates against the published schema.
 */
export interface Dialect {
  readonly name: DialectName;
  /** Throws GatewayError `invalid_request` naming the field at fault and what would make it right. */
  decodeRequest(body: JsonObject, bytes: Uint8Array): ChatRequest;
  encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest;
  /** What must be edited for an upstream of this same dialect; everything else passes byte for byte. */
  passEdits(request: ChatRequest, target: EncodeTarget): PassEdits;
  /** Throws GatewayError `upstream_protocol` when the body is not an answer of this dialect. */
  decodeAnswer(body: JsonObject): ChatAnswer;
  encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject;
  eventDecoder(): EventDecoder;
  eventEncoder(identity: AnswerIdentity): EventEncoder;
  /** The error body of an HTTP answer. */
  encodeError(error: GatewayError, requestId: string): JsonObject;
  /** The error as an in-band frame of a stream that has begun, with the dialect's terminal frames where clients need them. */
  encodeErrorFrame(error: GatewayError, requestId: string): string;
  /** Reads code, type and message out of an upstream's error body (parsed JSON or text). */
  decodeError(status: number, body: unknown): UpstreamSaid;
}
