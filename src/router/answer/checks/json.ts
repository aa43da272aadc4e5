import type { FaultCode } from './faults.ts';
import { matchesSchema } from './json-schema.ts';
import type { AnswerView } from './view.ts';

/** `responseFormat` kept: JSON where JSON was asked for, and of the shape that was asked for. */
export function checkJson({ text, calls, answer, request, wantsJson }: AnswerView): FaultCode | undefined {
  if (!wantsJson || calls.length > 0 || answer.parts.some((part) => part.type === 'refusal'))
    return undefined;
  const value = parsed(text);
  if (value === undefined) return 'invalid-json';
  const format = request.responseFormat;
  if (format?.type !== 'json-schema') return undefined;
  return matchesSchema(value.json, format.schema) === false ? 'json-schema-mismatch' : undefined;
}

export function parsed(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
