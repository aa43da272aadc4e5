/** Reading of files that others write: every field may be missing or of another type. */

export type Json = { [field: string]: unknown };

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A finite number that is not negative; some sources write numbers as text. */
export function amount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** A positive whole number. */
export function size(value: unknown): number | undefined {
  const number = amount(value);
  return number === undefined || number < 1 || number > 1_000_000_000 ? undefined : Math.floor(number);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An ISO date; a month becomes its first day. */
export function date(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  return /^\d{4}-\d{2}$/.test(value) ? `${value}-01` : undefined;
}
