import type { DialectName, EncodeTarget, ErrorCode } from '../protocol/index.ts';

/** How an upstream differs from its dialect's plain form. Shared code reads these; it never compares names. */
export interface Quirks {
  /** Field for the output limit in chat completions. */
  maxTokensField: EncodeTarget['maxTokensField'];
  /** Streams report usage only when `stream_options.include_usage` asks for it. */
  usageNeedsStreamOption: boolean;
  jsonSchema: boolean;
  reasoningControl: EncodeTarget['reasoningControl'];
  /** The upstream writes blank lines or comments while it waits: silence counts only from the last byte. */
  heartbeats: boolean;
}

/** One address of a vendor: where the API answers, and where data is processed and stored. */
export interface VendorRegion {
  /**
   * Up to and including the version path, without a slash at the end, e.g. `https://api.openai.com/v1`. Where a region has an
   * address per customer, the customer's part is written `{workspace}` and the operator gives the whole address.
   */
  baseUrl: string;
  /**
   * Place of inference and of storage, as the vendor states them: an ISO 3166 code, `global`, or `global-except-cn`; `undefined` =
   * the vendor does not say.
   */
  processing: string | undefined;
  storage: string | undefined;
}

/** A row that turns a vendor's failure into our code. The first row whose given fields all match wins; without a match the status decides. */
export interface ErrorClass {
  status?: number | undefined;
  /** Compared with the upstream's `code` or `type`. */
  code?: string | undefined;
  /** Tested against the upstream's message. */
  message?: RegExp | undefined;
  is: ErrorCode;
  /** For the operator: what usually causes this failure and what would end it. */
  hint?: string | undefined;
}

/** A vendor's API or an engine, as data. A new provider is one such file and one line in `vendors.ts`. */
export interface Vendor {
  id: string;
  name: string;
  /** ISO 3166 country of the operating company's headquarters; undefined for engines that the operator runs. */
  headquarters: string | undefined;
  dialect: DialectName;
  /** Path of the chat endpoint under the base URL, e.g. `/chat/completions`. */
  chatPath: string;
  /** `GET` this under the base URL to list models; undefined where there is no such endpoint. */
  modelsPath: string | undefined;
  regions: { [region: string]: VendorRegion };
  defaultRegion: string | undefined;
  /** What the vendor's own SDKs append to a base URL, e.g. `/v1`: added where an operator's base URL ends before it. */
  versionPath?: string | undefined;
  auth: 'bearer' | 'x-api-key' | 'none';
  /** The upstream may be open: a provider without a key is not a mistake. */
  keyOptional?: boolean | undefined;
  /** Client headers passed on where the client speaks this vendor's dialect, lower case, e.g. beta flags. */
  forwardHeaders?: string[] | undefined;
  /** Headers every call carries, e.g. `anthropic-version`. */
  headers: { [name: string]: string };
  /** Environment variables that hold the key when there is no config file, in order of preference. */
  keyVariables: string[];
  baseUrlVariable: string | undefined;
  quirks: Quirks;
  errorClasses: ErrorClass[];
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
  /** Never logged, never in an error. Undefined for engines without a key. */
  apiKey: string | undefined;
  quirks: Quirks;
}
