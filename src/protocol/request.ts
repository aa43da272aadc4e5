import type { GatewayError } from './errors.ts';
import type { JsonObject } from './json.ts';

/** Wire formats we speak, as client surface and toward upstreams. */
export type DialectName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse';

/** Wire formats that clients may speak: legacy completions are only ever translated. */
export type ClientDialectName = DialectName | 'openai-completions';

export type ImageSource = { kind: 'url'; url: string } | { kind: 'base64'; mediaType: string; data: string };

/** A piece of a message. `other` keeps what only its own dialect understands; it is dropped, and said so, on translation. */
export type Part =
  | { type: 'text'; text: string; cacheControl?: JsonObject | undefined }
  | { type: 'image'; source: ImageSource; detail?: string | undefined; cacheControl?: JsonObject | undefined }
  | {
      type: 'document';
      source: ImageSource;
      name?: string | undefined;
      cacheControl?: JsonObject | undefined;
    }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string; signature?: string | undefined }
  | { type: 'redacted-reasoning'; data: string }
  | {
      type: 'tool-call';
      id: string;
      name: string;
      arguments: string;
      /** The vendor's seal on the call itself (`thoughtSignature` of Gemini), as it came. */
      signature?: string | undefined;
      cacheControl?: JsonObject | undefined;
    }
  | {
      type: 'tool-result';
      callId: string;
      parts: Part[];
      isError: boolean;
      cacheControl?: JsonObject | undefined;
    }
  | { type: 'other'; kind: string; raw: unknown };

/** Every tool result is a message of its own, with role `tool`, right after the calls it answers. */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  parts: Part[];
}

export interface Tool {
  name: string;
  description?: string | undefined;
  /** JSON Schema of the arguments. */
  parameters: JsonObject;
  strict?: boolean | undefined;
  cacheControl?: JsonObject | undefined;
  /** The client's own object when it is no function tool (a server tool, a free-form tool): only its own dialect can carry it. */
  native?: JsonObject | undefined;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json-object' }
  | { type: 'json-schema'; name: string; schema: JsonObject; strict?: boolean | undefined };

/** What the client asked of the model's thinking; absent fields mean «the model's default». */
export interface ReasoningRequest {
  enabled?: boolean | undefined;
  /** The client's word for it, e.g. `low`, `high`, `xhigh`. */
  effort?: string | undefined;
  budgetTokens?: number | undefined;
}

export interface Sampling {
  temperature?: number | undefined;
  topP?: number | undefined;
  topK?: number | undefined;
  maxOutputTokens?: number | undefined;
  stop?: string[] | undefined;
  seed?: number | undefined;
  frequencyPenalty?: number | undefined;
  presencePenalty?: number | undefined;
}

/**
 * One client's call, in our terms. The unified fields serve routing, policy and translation; `body` and `bytes` keep what the
 * client really sent, so that a same-dialect route forwards it byte for byte.
 */
export interface ChatRequest {
  dialect: ClientDialectName;
  /** As the client wrote it: a route, `provider/model`, or a catalogue name. */
  model: string;
  stream: boolean;
  /** The client wants usage in the stream (always true for dialects that always send it). */
  wantsStreamUsage: boolean;
  messages: Message[];
  tools: Tool[];
  toolChoice?: ToolChoice | undefined;
  parallelToolCalls?: boolean | undefined;
  responseFormat?: ResponseFormat | undefined;
  reasoning?: ReasoningRequest | undefined;
  sampling: Sampling;
  /** Answers asked for at once (`n`); more than one exists only where the dialect passes through. */
  choices: number;
  /** End-user id the client names (`user`, `metadata.user_id`). */
  user?: string | undefined;
  /**
   * Set where the request leans on something that only providers of its own dialect have, such as a conversation they hold: how
   * it is refused where none of them serves it.
   */
  ownDialectOnly?: GatewayError | undefined;
  /** Fallback models the client lists in the body extra `models`. */
  fallbackModels: string[];
  /** The parsed body. */
  body: JsonObject;
  /** The body's bytes as received. */
  bytes: Uint8Array;
}
