import type { JsonObject } from '../json.ts';

/**
 * Asking in words where an upstream cannot be held to a format by its decoder. The client's request is then honoured
 * in most answers, but not guaranteed, and therefore is still listed as dropped.
 */
export const jsonObjectInstruction =
  'Answer with one JSON object and nothing else: no explanation before or after it and no code fence.';

export function jsonSchemaInstruction(schema: JsonObject): string {
  return `${jsonObjectInstruction} The object must validate against this JSON Schema:\n${JSON.stringify(schema)}`;
}
