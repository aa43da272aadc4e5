import type { GatewayError } from '../errors.ts';

/**
 * The code of an error as clients of OpenAI's dialects read it. A refusal by the provider keeps the provider's code: agents look for words
 * such as `context_length_exceeded`. Filters have a word for each vendor; clients are told the one that OpenAI and Azure use, whoever filtered.
 */
export function openaiErrorCode(error: GatewayError): string {
  if (error.code === 'content_filtered') return 'content_filter';
  return error.code === 'upstream_rejected' ? (error.upstream?.code ?? error.code) : error.code;
}
