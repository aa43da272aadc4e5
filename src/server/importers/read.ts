import { isObject } from '../../protocol/index.ts';

/** Fields of a document that somebody else wrote: whatever has another type than expected counts as absent. */
export type Fields = { [name: string]: unknown };

export function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined;
}

/** A text that is not blank; numbers count, as unquoted ids in YAML are numbers. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim();
  return trimmed === '' ? undefined : trimmed;
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A whole number above 0; fractions are rounded up, so that a limit of 0.5 is not none. */
export function countOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number > 0 && number <= Number.MAX_SAFE_INTEGER
    ? Math.ceil(number)
    : undefined;
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Texts of a list, or the one text that stands in its place. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((each) => textOf(each) ?? []);
}

/** JSON within a text field; undefined where it is not an object. */
export function nestedFieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'string') return fieldsOf(value);
  try {
    return fieldsOf(JSON.parse(value));
  } catch {
    return undefined;
  }
}
