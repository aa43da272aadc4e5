import { isObject } from './json.ts';

/*
 * A JavaScript number keeps about 16 digits, while ids of accounts, orders and posts have up to 20, and stand as numbers in the arguments
 * of tools. What is parsed here and written again by `JSON.stringify` keeps them digit by digit: a number that would change is held
 * as its own text (https://tc39.es/proposal-json-parse-with-source).
 */

interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

type ReviverWithSource = (key: string, value: unknown, context: { source?: string }) => unknown;

const raw = JSON as unknown as RawJson;
const digitsMax = 15;
/** Spares texts without such a number the slower way; a text that only looks like having one loses nothing by it. */
const longNumber = /[:[,]\s*-?[\d.]{16}/;

/** As `JSON.parse`, but long numbers keep their digits. For documents that are read for what they hold and written again. */
export function parseExact(json: string): unknown {
  return longNumber.test(json)
    ? JSON.parse(json, keepDigits as Parameters<typeof JSON.parse>[1])
    : JSON.parse(json);
}

/**
 * The same for a request: what stands in lists (messages, items, tools) keeps its digits, and its settings are numbers in any case,
 * because they are read.
 */
export function parseExactRequest(json: string): unknown {
  const value = parseExact(json);
  return longNumber.test(json) ? withNumbers(value) : value;
}

const keepDigits: ReviverWithSource = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined || source.length <= digitsMax) return value;
  return String(value) === source ? value : raw.rawJSON(source);
};

function withNumbers(value: unknown): unknown {
  if (raw.isRawJSON(value)) return Number(value.rawJSON);
  if (!isObject(value)) return value;
  // Not assigned one by one: a field may be called `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withNumbers(field)]));
}
