import type {
  DialectName,
  EncodeTarget,
  ErrorCode,
  JsonObject,
  ReasoningControl,
} from '../protocol/index.ts';
import type { StatedEndpoint } from './endpoint-facts.ts';

/** How long a vendor keeps the prefix of a prompt for the next request that begins with it. */
export interface PromptCache {
  /** From the last use on. */
  lifetimeMs: number;
  /** Shorter prompts are not kept. */
  tokensMin: number;
  /** Only what the request marks is kept. */
  marked: boolean;
}

/** How an upstream differs from its dialect's plain form. Shared code reads these; it never compares names. */
export interface Quirks {
  /** Field for the output limit in chat completions. */
  maxTokensField: EncodeTarget['maxTokensField'];
  /** Streams report usage only when `stream_options.include_usage` asks for it. */
  usageNeedsStreamOption: boolean;
  jsonSchema: boolean;
  reasoningControl: ReasoningControl;
  /** Effort words that are taken; absent = `low`, `medium`, `high`. */
  reasoningEfforts?: string[] | undefined;
  /**
   * Past reasoning that is sent back as `reasoning_content`: none; that of turns with tool calls (DeepSeek refuses a conversation
   * without it); all of it. Absent = `all` where thinking is switched by `thinking` or `enable_thinking`, else `none`.
   */
  reasoningEcho?: EncodeTarget['reasoningEcho'];
  reasoningEchoField?: EncodeTarget['reasoningEchoField'];
  emptyToolResult?: string | undefined;
  /** The model refuses to think in an answer that is not streamed: it is asked for a stream, which is put together for the client. */
  thinkingNeedsStream?: boolean | undefined;
  /** Top-level body fields that are refused, in this dialect's names: they are taken out and named as dropped. */
  refusedFields?: string[] | undefined;
  /** The same while the model thinks. */
  refusedWhileThinking?: string[] | undefined;
  /** What a number in a top-level body field may be: one beyond is moved to the nearest that may, and named as dropped. */
  ranges?: { [field: string]: { min: number; max: number } } | undefined;
  /** Top-level body fields sent where the client did not set them, e.g. `reasoning_split`. */
  extraBody?: JsonObject | undefined;
  systemRole?: EncodeTarget['systemRole'];
  alternatingRoles?: boolean | undefined;
  /** A success whose body carries a code of its own: the field's path, and the value that means success. */
  bodyStatus?: { path: string[]; ok: number; message: string[] } | undefined;
  /** The output limit does not count thinking, which is paid all the same. */
  thinkingOutsideMaxTokens?: boolean | undefined;
  /** Absent = it keeps what it keeps without saying how long. */
  promptCache?: PromptCache | undefined;
  /** Calls at once that an account is allowed: more wait their turn. */
  concurrentMax?: number | undefined;
  /** The upstream writes blank lines or comments while it waits: silence counts only from the last byte. */
  heartbeats: boolean;
}

/** How a request names its sender. */
export type AuthScheme =
  | 'bearer'
  | 'x-api-key'
  | 'api-key'
  | 'x-goog-api-key'
  | 'aws-sigv4'
  | 'google-oauth'
  | 'none';

/** One way of speaking with a vendor: a dialect, and where and how it is spoken. */
export interface Wire {
  dialect: DialectName;
  /** Path of the chat endpoint under the base URL, e.g. `/chat/completions`; `{model}` stands for the model's upstream name. */
  chatPath: string;
  /** Path of streamed calls where it differs; may hold a query. */
  streamPath?: string | undefined;
  /** Path of the endpoint that counts a request's tokens, where there is one; `{model}` as above. */
  countPath?: string | undefined;
  /** Replaces the path of the base URL, e.g. `/anthropic/v1`; undefined = the base URL as it is. */
  basePath?: string | undefined;
  /** False: the model is named in the path only. */
  modelInBody?: boolean | undefined;
  auth: AuthScheme;
  /** Headers every call carries, e.g. `anthropic-version`. One whose value is `{name}` takes the operator's parameter, or is left out. */
  headers: { [name: string]: string };
  /** Client headers passed on where the client speaks this dialect, lower case, e.g. beta flags. */
  forwardHeaders?: string[] | undefined;
  /** The models that are served this way only, by their upstream names; undefined = those that no other way claims. */
  models?: RegExp | undefined;
  /** How this way differs from the vendor's quirks. */
  quirks?: Partial<Quirks> | undefined;
}

/** Another way of speaking with a vendor. */
export interface Mount extends Partial<Wire> {
  dialect: DialectName;
  chatPath: string;
  /**
   * `same-dialect`: taken for every client that speaks it, because the vendor serves all it has this way too. `named`: only where the
   * configuration or the catalogue names the dialect, or for the models that it claims.
   */
  use: 'same-dialect' | 'named';
}

/** Endpoints beside chat. */
export type ServiceName =
  | 'embeddings'
  | 'rerank'
  | 'completions'
  | 'images'
  | 'audio'
  | 'moderations'
  | 'files'
  | 'batches'
  /** Of Responses: makes a conversation smaller. */
  | 'compact';

export interface Service {
  /** Path under the base URL, e.g. `/embeddings`; `{model}` as in `Wire`. */
  path: string;
  /** Replaces the path of the base URL. */
  basePath?: string | undefined;
  /** Where it takes the key another way than the vendor's chat. */
  auth?: AuthScheme | undefined;
  /** The format of the bodies; absent = OpenAI's, for rerank Jina's (`model`, `query`, `documents`, `top_n`). */
  form?: 'cohere' | 'dashscope' | 'jina' | undefined;
  /** Embeddings come as lists of numbers only: `encoding_format` is refused or ignored, and base64 is made here. */
  floatOnly?: boolean | undefined;
}

/** One address of a vendor: where the API answers, and where data is processed and stored. */
export interface VendorRegion {
  /**
   * Up to and including the version path, without a slash at the end, e.g. `https://api.openai.com/v1`. Parts that differ per
   * customer are written `{name}`; the operator gives them as `parameters`, or the whole address. `{region}` is the region's name.
   */
  baseUrl: string;
  /**
   * Place of inference and of storage, as the vendor states them: an ISO 3166 code, `EU` for its European zone (which may include the
   * European Economic Area and Switzerland), `global`, or `global-except-cn`; `undefined` = the vendor does not say.
   */
  processing: string | undefined;
  storage: string | undefined;
}

/** What gives away which engine answers at a loopback port, for several use the same ones. */
export interface EngineSigns {
  /** Where it listens unless told otherwise, the usual port first. */
  ports: number[];
  /** What its list of models names as `owned_by`; `{id}` = the model's own id. */
  ownedBy?: string | undefined;
  /** How its `server` header begins. */
  server?: string | undefined;
  /** A path outside the API where it alone answers with an object that has this field. */
  answers?: { path: string; field: string } | undefined;
}

/** Where a vendor's API tells what an account has left. */
export interface Balance {
  /** Path under the address. */
  path: string;
  /** Replaces the path of the base URL, as in `Service`. */
  basePath?: string | undefined;
  /** Where the figure is in the answer, a number or the text of one; `null` there means that there is no limit. */
  amount: readonly (string | number)[];
  /** ISO 4217, or where the answer says it. */
  currency?: string | readonly (string | number)[] | undefined;
}

/** A row that turns a vendor's failure into our code. The first row whose given fields all match wins; without a match the status decides. */
export interface ErrorClass {
  status?: number | undefined;
  /** Compared with, or tested against, the upstream's `code` and `type`. */
  code?: string | RegExp | undefined;
  /** Tested against the upstream's message. */
  message?: RegExp | undefined;
  is: ErrorCode;
  /** For the operator: what usually causes this failure and what would end it. */
  hint?: string | undefined;
}

/** A vendor's API or an engine, as data. A new provider is one such file and one line in `vendors.ts`. */
export interface Vendor extends Omit<Wire, 'quirks' | 'basePath'> {
  id: string;
  name: string;
  /** ISO 3166 country of the operating company's headquarters; undefined for engines that the operator runs. */
  headquarters: string | undefined;
  /** Other dialects it speaks. */
  mounts?: Mount[] | undefined;
  services?: { [name in ServiceName]?: Service } | undefined;
  /** `GET` this under the base URL to list models; undefined where there is no such endpoint. */
  modelsPath: string | undefined;
  /** The listing also holds models that are gone: those whose field has one of these values. */
  modelsFilter?: { field: string; retired: string[] } | undefined;
  regions: { [region: string]: VendorRegion };
  defaultRegion: string | undefined;
  /** Of several regions, the one whose prices hold at an address of the operator's own, such as a proxy; undefined = not known. */
  proxiedRegion?: string | undefined;
  /** What the vendor's own SDKs append to a base URL, e.g. `/v1`: added where an operator's base URL ends before it. */
  versionPath?: string | undefined;
  /** Where a region's address has parts that only the operator knows (`{resource}`, `{project}`): what each is, for messages. */
  parameters?: { [name: string]: string } | undefined;
  /** The upstream may be open: a provider without a key is not a mistake. */
  keyOptional?: boolean | undefined;
  /** Where the model's name says more about the place of inference than the region does: the first row that matches it wins. */
  processingByModel?: { name: RegExp; processing: string | undefined }[] | undefined;
  /** Of engines: how one that runs on this machine is found. */
  engine?: EngineSigns | undefined;
  /** The service's name in AWS signatures, where `auth` is `aws-sigv4`. */
  signingService?: string | undefined;
  /** Environment variables that hold the key when there is no config file, in order of preference. */
  keyVariables: string[];
  /** The same for the region and for the operator's parts of the address. */
  regionVariables?: string[] | undefined;
  parameterVariables?: { [parameter: string]: string[] } | undefined;
  /** Variables that say that this vendor is meant, where the credentials alone may be there for something else. */
  switchVariables?: string[] | undefined;
  /** Regions by the variable that held the key, where its name says whose key it is. */
  keyRegions?: { [variable: string]: string } | undefined;
  baseUrlVariable: string | undefined;
  /** How keys of this vendor begin or look, where nobody else's do. */
  keyPattern?: RegExp | undefined;
  balance?: Balance | undefined;
  /** Context lengths, in tokens, beyond which a server of this kind may shorten a prompt without a word. */
  silentContexts?: number[] | undefined;
  /** `GET` this outside the API to learn the context that a loaded model really has: rows under `list`, each with the model's `name`. */
  loadedContext?: { path: string; list: string; name: string; tokens: string } | undefined;
  quirks: Quirks;
  errorClasses: ErrorClass[];
  /** What an operator should know and no error will ever say. */
  notes?: string[] | undefined;
  /** Simulated vendors never take part in savings or certificates. */
  simulated: boolean;
}

/** A vendor at an address with credentials: an entry of `providers` in the configuration. */
export interface Provider {
  id: string;
  vendor: Vendor;
  region: string | undefined;
  baseUrl: string;
  processing: string | undefined;
  storage: string | undefined;
  /** What the operator states of it, beside those two. */
  stated?: StatedEndpoint | undefined;
  /** Empty for engines without a key. */
  keys: ProviderKey[];
  /** The ways it can be spoken with; the first is taken unless another speaks the client's dialect and may be. */
  wires: Wire[];
  /** Credentials of clouds that sign their requests. */
  cloud: CloudCredentials | undefined;
  quirks: Quirks;
}

/** One credential of a provider. The secret is never logged, never in an error. */
export interface ProviderKey {
  /** Shown in records and messages: `1`, `2`, … in the order of the configuration, or the operator's own word. */
  id: string;
  secret: string;
  /** Share among the keys of the provider. */
  weight: number;
  limits?: RateLimits | undefined;
}

/** What an account or a deployment allows, as the operator states it. */
export interface RateLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  concurrent?: number | undefined;
}

export type CloudCredentials =
  | { kind: 'aws'; accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
  /** Without a file the application default credentials are used. */
  | { kind: 'google'; credentialsFile?: string | undefined };
