import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { isObject, type JsonObject } from '../../protocol/index.ts';
import type { Outcome, OutcomeRow, PriceTable } from './outcome.ts';

/** A line longer than this is a damaged file, not a prompt. */
const lineCharsMax = 4_000_000;

/** The file cannot be used as an outcomes file; the message says which line and what would make it right. */
export class OutcomesFileError extends Error {
  constructor(file: string, line: number, what: string, options?: ErrorOptions) {
    super(`${file}${line > 0 ? `, line ${line}` : ''}: ${what}`, options);
    this.name = 'OutcomesFileError';
  }
}

export interface OutcomesFile {
  rows: OutcomeRow[];
  /** Rows the source marks as seen in a model's training data: never measured, only counted. */
  contaminated: number;
}

/**
 * Reads gzip or plain JSONL, one prompt a line: `{"id","source","lang","prompt" or "messages","outcomes":{"<model>":{"score","cost_usd"?,
 * "in_tokens"?,"out_tokens"?}}}`. A cost the file leaves out is computed from `prices` where tokens are known; it is never
 * taken as 0. Throws OutcomesFileError.
 */
export async function readOutcomes(file: string, prices: PriceTable = new Map()): Promise<OutcomesFile> {
  const result: OutcomesFile = { rows: [], contaminated: 0 };
  const bytes = createReadStream(file);
  const gunzip = createGunzip();
  const text = file.endsWith('.gz') ? bytes.pipe(gunzip) : bytes;
  // A pipe does not pass errors on; without this a missing file would leave the reader waiting for ever.
  bytes.on('error', (error) => gunzip.destroy(error));
  let line = 0;
  try {
    for await (const raw of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (raw.trim() === '') continue;
      if (raw.length > lineCharsMax) throw new OutcomesFileError(file, line, 'the line is too long.');
      const value = parseLine(file, line, raw);
      if (value['contaminated'] === true) {
        result.contaminated += 1;
        continue;
      }
      result.rows.push(rowOf(file, line, value, prices));
    }
  } catch (error) {
    if (error instanceof OutcomesFileError) throw error;
    const code = isObject(error) ? error['code'] : undefined;
    const what =
      code === 'ENOENT'
        ? 'there is no such file.'
        : code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR'
          ? 'the gzip stream is damaged or cut short.'
          : 'the file could not be read.';
    throw new OutcomesFileError(file, 0, what, { cause: error });
  }
  if (result.rows.length === 0) throw new OutcomesFileError(file, 0, 'no usable row.');
  return result;
}

function parseLine(file: string, line: number, raw: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch (error) {
    throw new OutcomesFileError(file, line, 'not JSON; each line must be one JSON object.', { cause: error });
  }
  if (!isObject(value)) throw new OutcomesFileError(file, line, 'each line must be one JSON object.');
  return value;
}

function rowOf(file: string, line: number, value: JsonObject, prices: PriceTable): OutcomeRow {
  const prompt = typeof value['prompt'] === 'string' ? value['prompt'] : newestUserText(value['messages']);
  if (prompt === undefined) {
    throw new OutcomesFileError(file, line, 'needs `prompt` (text) or `messages` with a user message.');
  }
  if (!isObject(value['outcomes'])) {
    throw new OutcomesFileError(file, line, 'needs `outcomes`: an object from model name to outcome.');
  }
  const outcomes = new Map<string, Outcome>();
  for (const [model, given] of Object.entries(value['outcomes'])) {
    if (!isObject(given)) throw new OutcomesFileError(file, line, `outcome of ${model} must be an object.`);
    const score = given['score'];
    if (typeof score !== 'number' || !(score >= 0 && score <= 1)) {
      throw new OutcomesFileError(file, line, `score of ${model} must be a number from 0 to 1.`);
    }
    const inTokens = amount(given['in_tokens']);
    const outTokens = amount(given['out_tokens']);
    const costUsd = amount(given['cost_usd']) ?? priced(prices.get(model), inTokens, outTokens);
    const answer = typeof given['ans'] === 'string' ? given['ans'] : undefined;
    outcomes.set(model, { score, costUsd, inTokens, outTokens, answer });
  }
  return {
    id: typeof value['id'] === 'string' ? value['id'] : `line-${line}`,
    source: typeof value['source'] === 'string' ? value['source'] : 'all',
    sub: typeof value['sub'] === 'string' ? value['sub'] : undefined,
    lang: typeof value['lang'] === 'string' ? value['lang'] : 'unknown',
    prompt,
    outcomes,
  };
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function priced(
  price: { input: number; output: number } | undefined,
  inTokens: number | undefined,
  outTokens: number | undefined,
): number | undefined {
  if (price === undefined || inTokens === undefined || outTokens === undefined) return undefined;
  return (inTokens * price.input + outTokens * price.output) / 1_000_000;
}

function newestUserText(messages: unknown): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  for (let i = messages.length - 1; i >= 0; i--) {
    const message: unknown = messages[i];
    if (!isObject(message) || message['role'] !== 'user') continue;
    const content = message['content'];
    if (typeof content === 'string') return content;
    if (!Array.isArray(content)) continue;
    const texts = content.flatMap((part: unknown) =>
      isObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
    );
    if (texts.length > 0) return texts.join('\n');
  }
  return undefined;
}
