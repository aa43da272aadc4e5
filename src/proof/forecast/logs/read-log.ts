import type { ChatAnswer, JsonObject } from '../../../protocol/index.ts';
import type { LogEntry, LogFormat, LogRecord } from './entry.ts';
import { logFormats } from './list.ts';
import { textOf } from './open.ts';
import { type RawRecord, splitterFor, unwrapped } from './records.ts';
import { Reservoir } from './reservoir.ts';

export interface ReadOptions {
  /** Requests kept for the forecast; the rest is only counted. */
  limit: number;
  /** Undefined = by the marks of each record. */
  format?: LogFormat | undefined;
  /** In [0, 1). */
  random: () => number;
  progress?: ((records: number) => void) | undefined;
}

/** A uniform sample of the requests of a log, and what the log says of all of them. */
export interface ReadLog {
  entries: LogEntry[];
  /** All requests of the log. */
  requests: number;
  /** What is no chat request, by kind. */
  others: Map<string, number>;
  bad: { count: number; first: BadRecord[] };
  /** Requests by the format that they were read as. */
  formats: Map<string, number>;
  firstMs: number | undefined;
  lastMs: number | undefined;
}

export interface BadRecord {
  file: string;
  line: number;
  why: string;
}

/** Of what could not be read, so many are told. */
const badToldMax = 5;
/** Kinds of other records that are counted apart. */
const otherKindsMax = 50;
/** Answers kept that stand apart from their requests (batch output files). */
const answersMax = 50_000;
const progressEvery = 5_000;

/**
 * Reads logs as streams. What cannot be read is counted and told, never fatal: only where nothing at all could be used it throws, an Error that says
 * what was wrong with the first records.
 */
export async function readLogs(files: readonly string[], options: ReadOptions): Promise<ReadLog> {
  const reading = new LogReading(options);
  for (const file of files) await readFileInto(reading, file, options);
  return reading.finish();
}

/** The same for records that are already here, such as captures of a data folder. */
export async function readRecords(
  records: AsyncIterable<JsonObject>,
  from: string,
  options: ReadOptions,
): Promise<ReadLog> {
  const reading = new LogReading(options);
  let line = 0;
  for await (const record of records) {
    line += 1;
    reading.take(record, { file: from, line });
  }
  return reading.finish();
}

async function readFileInto(reading: LogReading, file: string, { progress }: ReadOptions): Promise<void> {
  let splitter: ReturnType<typeof splitterFor> | undefined;
  let records = 0;
  const takeAll = (raws: readonly RawRecord[]): void => {
    for (const raw of raws) {
      reading.takeRaw(raw, file);
      records += 1;
      if (records % progressEvery === 0) progress?.(records);
    }
  };
  for await (const chunk of textOf(file)) {
    if (splitter === undefined && chunk.trim() === '') continue;
    splitter ??= splitterFor(chunk);
    takeAll(splitter.push(chunk));
  }
  if (splitter !== undefined) takeAll(splitter.end());
}

class LogReading {
  readonly #format: LogFormat | undefined;
  readonly #kept: Reservoir<LogEntry>;
  readonly #others = new Map<string, number>();
  readonly #formats = new Map<string, number>();
  readonly #bad: ReadLog['bad'] = { count: 0, first: [] };
  readonly #answers = new Map<string, { answer: ChatAnswer; model: string | undefined }>();
  #firstMs: number | undefined;
  #lastMs: number | undefined;

  constructor({ limit, format, random }: ReadOptions) {
    this.#format = format;
    this.#kept = new Reservoir(limit, random);
  }

  takeRaw({ line, text }: RawRecord, file: string): void {
    if (text === undefined) {
      this.#refuse({ file, line, why: 'the record is too long' });
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#refuse({ file, line, why: 'not JSON' });
      return;
    }
    const records = unwrapped(value);
    if (records.length === 0) {
      this.#refuse({ file, line, why: 'not an object' });
      return;
    }
    for (const record of records) this.take(record, { file, line });
  }

  take(record: JsonObject, { file, line }: { file: string; line: number }): void {
    const format = this.#format ?? logFormats.find((one) => one.knows(record));
    if (format === undefined) {
      this.#refuse({ file, line, why: 'no format that is known has such fields' });
      return;
    }
    let read: LogRecord;
    try {
      read = format.read(record, `${file}:${line}`);
    } catch (error) {
      this.#refuse({ file, line, why: error instanceof Error ? error.message : 'unreadable' });
      return;
    }
    if (read.kind === 'other') {
      this.#count(read.why);
      return;
    }
    if (read.kind === 'answer') {
      this.#keepAnswer(read);
      return;
    }
    this.#formats.set(format.id, (this.#formats.get(format.id) ?? 0) + 1);
    const { atMs } = read.entry;
    if (atMs !== undefined) {
      this.#firstMs = Math.min(this.#firstMs ?? atMs, atMs);
      this.#lastMs = Math.max(this.#lastMs ?? atMs, atMs);
    }
    this.#kept.add(read.entry, sizeOf(read.entry));
  }

  finish(): ReadLog {
    const entries = this.#kept.items().map((entry) => withAnswer(entry, this.#answers.get(entry.id)));
    if (entries.length === 0) throw new Error(`No request could be read. ${this.#firstReason()}`);
    return {
      entries,
      requests: this.#kept.seen,
      others: this.#others,
      bad: this.#bad,
      formats: this.#formats,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
    };
  }

  #firstReason(): string {
    const [first] = this.#bad.first;
    if (first !== undefined) return `${first.file}, line ${first.line}: ${first.why}.`;
    const [other] = this.#others.keys();
    return other === undefined ? 'The files are empty.' : `All records are something else: ${other}.`;
  }

  #refuse(bad: BadRecord): void {
    this.#bad.count += 1;
    if (this.#bad.first.length < badToldMax) this.#bad.first.push(bad);
  }

  #count(why: string): void {
    const kind = this.#others.has(why) || this.#others.size < otherKindsMax ? why : 'something else';
    this.#others.set(kind, (this.#others.get(kind) ?? 0) + 1);
  }

  #keepAnswer({ key, answer, model }: Extract<LogRecord, { kind: 'answer' }>): void {
    if (answer === undefined || this.#answers.size >= answersMax) {
      this.#count('an answer alone');
      return;
    }
    this.#answers.set(key, { answer, model });
  }
}

/** About as many characters as the request and its answer hold in memory. */
function sizeOf({ body, answer }: LogEntry): number {
  return JSON.stringify(body).length + (answer === undefined ? 0 : JSON.stringify(answer.parts).length);
}

function withAnswer(
  entry: LogEntry,
  found: { answer: ChatAnswer; model: string | undefined } | undefined,
): LogEntry {
  if (found === undefined || entry.answer !== undefined) return entry;
  const { answer, model } = found;
  return {
    ...entry,
    answer,
    model: entry.model ?? model,
    inputTokens: entry.inputTokens ?? answer.usage?.inputTokens,
    outputTokens: entry.outputTokens ?? answer.usage?.outputTokens,
  };
}
