import { isObject, parseExact } from '../../../protocol/index.ts';
import { splitFences } from '../checks/code-blocks.ts';

const depthMax = 100;
const jsonCharsMax = 200_000;

/** Fields in which a model thinks aloud. Beside a final answer they are wording, which differs where the answers agree. */
const wordy = new Set([
  'reasoning',
  'explanation',
  'rationale',
  'thought',
  'thoughts',
  'thinking',
  'chain_of_thought',
]);
/** Fields that may also be what was asked for: they are wording only where they hold sentences. */
const perhapsWordy = new Set(['reason', 'analysis', 'steps']);

/** The JSON of an answer in one spelling: whole, fenced, or the one value that stands within its words. */
export function jsonKey(text: string): string | undefined {
  if (text.length > jsonCharsMax) return undefined;
  const blocks = splitFences(text).blocks.filter(({ language }) => language === 'json' || language === '');
  for (const source of [text, blocks.at(-1)?.code, withinWords(text)]) {
    const value = source === undefined ? undefined : read(source);
    if (value !== undefined) return canonicalJson(withoutWording(value.json));
  }
  return undefined;
}

/** Keys in order, numbers in one spelling, nothing between; texts as `spelled` writes them. Undefined where it nests deeper than `depthMax`. */
export function canonicalJson(value: unknown, spelled = (text: string) => text.trim()): string | undefined {
  try {
    return written(value, 0, spelled);
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
}

class TooDeep extends Error {}

function written(value: unknown, depth: number, spelled: (text: string) => string): string {
  if (depth > depthMax) throw new TooDeep();
  if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1, spelled)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(typeof value === 'string' ? spelled(value) : value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${written(value[key], depth + 1, spelled)}`);
  return `{${fields.join(',')}}`;
}

function withoutWording(value: unknown): unknown {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key, held]) => !isWording(key.toLowerCase(), held));
  return kept.length === 0 ? value : Object.fromEntries(kept);
}

function isWording(key: string, held: unknown): boolean {
  if (key === 'confidence') return typeof held === 'number';
  return wordy.has(key) || (perhapsWordy.has(key) && isSentence(held));
}

/** Four words, or as much in a script without blanks. */
const isSentence = (held: unknown): boolean =>
  Array.isArray(held)
    ? held.length > 0 && held.every(isSentence)
    : typeof held === 'string' &&
      /(?:\S+\s+){3}\S|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af，、]{10}/.test(held);

function withinWords(text: string): string | undefined {
  const start = text.search(/[{[]/);
  if (start === -1) return undefined;
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  return end > start ? text.slice(start, end + 1) : undefined;
}

/** Long numbers keep their digits: two ids that differ in the last one are two answers. */
function read(text: string): { json: unknown } | undefined {
  try {
    return { json: parseExact(text) };
  } catch {
    return undefined;
  }
}
