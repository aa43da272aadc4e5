import { isObject, type Json, type JsonObject } from '../../../protocol/index.ts';

/** A record longer than this is a damaged file, not a request. */
const recordCharsMax = 16_000_000;
/** Records kept in one wrapping object, e.g. `{"data": […]}`. */
const wrappers = ['data', 'logs', 'observations', 'generations', 'requests', 'results', 'captures'];

/** Text of one record, with the line it begins at; or that it was too long to keep. */
export interface RawRecord {
  line: number;
  text: string | undefined;
}

/** Splits chunks of text into records. One instance a file; `end` gives what is left over. */
export interface Splitter {
  push(chunk: string): RawRecord[];
  end(): RawRecord[];
}

/** One record a line. */
export function lineSplitter(charsMax = recordCharsMax): Splitter {
  let held: string[] = [];
  let chars = 0;
  let line = 1;
  const take = (): RawRecord[] => {
    const found = chars > charsMax ? undefined : held.join('').replace(/\r$/, '');
    const record = { line, text: found };
    held = [];
    chars = 0;
    return found !== undefined && found.trim() === '' ? [] : [record];
  };
  const add = (text: string): void => {
    chars += text.length;
    if (chars <= charsMax) held.push(text);
    else held = [];
  };
  return {
    push(chunk) {
      const records: RawRecord[] = [];
      let from = 0;
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
        add(chunk.slice(from, at));
        records.push(...take());
        line += 1;
        from = at + 1;
      }
      add(chunk.slice(from));
      return records;
    },
    end: take,
  };
}

/**
 * JSON objects that stand in an array, one after the other, or in the list of a wrapping object, over as many lines as they like. Commas and brackets between them
 * are not looked at: some exporters leave them out.
 */
export function objectSplitter(charsMax = recordCharsMax): Splitter {
  let line = 1;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let held: string[] = [];
  let chars = 0;
  let began = 1;
  const add = (text: string): void => {
    chars += text.length;
    if (chars <= charsMax) held.push(text);
    else held = [];
  };
  const take = (): RawRecord => {
    const record = { line: began, text: chars > charsMax ? undefined : held.join('') };
    held = [];
    chars = 0;
    return record;
  };
  return {
    push(chunk) {
      const records: RawRecord[] = [];
      let from = depth > 0 ? 0 : -1;
      for (let i = 0; i < chunk.length; i++) {
        const c = chunk.charCodeAt(i);
        if (c === 10) line += 1;
        if (inText) {
          if (escaped) escaped = false;
          else if (c === 92) escaped = true;
          else if (c === 34) inText = false;
          continue;
        }
        if (c === 34) {
          inText = depth > 0;
        } else if (c === 123) {
          if (depth === 0) {
            from = i;
            began = line;
          }
          depth += 1;
        } else if (c === 125 && depth > 0) {
          depth -= 1;
          if (depth > 0) continue;
          add(chunk.slice(from, i + 1));
          records.push(take());
          from = -1;
        }
      }
      if (depth > 0) add(chunk.slice(from));
      return records;
    },
    end: () => (depth > 0 ? [take()] : []),
  };
}

/** Records of CSV with a header (RFC 4180): quoted fields may hold commas, line ends and doubled quotes. Each comes out as the JSON of an object. */
export function csvSplitter(charsMax = recordCharsMax): Splitter {
  let header: string[] | undefined;
  let line = 1;
  let began = 1;
  let fields: string[] = [];
  let field: string[] = [];
  let quoted = false;
  let quoteBefore = false;
  let chars = 0;
  const endField = (): void => {
    fields.push(chars > charsMax ? '' : field.join(''));
    field = [];
  };
  const take = (): RawRecord[] => {
    endField();
    const values = fields;
    const isTooLong = chars > charsMax;
    const record = { line: began, values };
    fields = [];
    chars = 0;
    quoteBefore = false;
    if (values.length === 1 && values[0] === '' && !isTooLong) return [];
    if (header === undefined) {
      header = values.map((name) => name.trim());
      return [];
    }
    const names = header;
    const text = isTooLong
      ? undefined
      : JSON.stringify(
          Object.fromEntries(names.flatMap((name, i) => (values[i] ? [[name, values[i]]] : []))),
        );
    return [{ line: record.line, text }];
  };
  const add = (text: string): void => {
    chars += text.length;
    if (chars <= charsMax) field.push(text);
  };
  return {
    push(chunk) {
      const records: RawRecord[] = [];
      let from = 0;
      const flush = (to: number): void => {
        if (to > from) add(chunk.slice(from, to));
        from = to + 1;
      };
      for (let i = 0; i < chunk.length; i++) {
        const c = chunk.charCodeAt(i);
        if (c === 10) line += 1;
        if (c === 34) {
          if (quoted) {
            flush(i);
            quoted = false;
            quoteBefore = true;
          } else {
            flush(i);
            // A doubled quote within quotes is one quote.
            if (quoteBefore) add('"');
            quoted = true;
            quoteBefore = false;
          }
          continue;
        }
        if (quoted) continue;
        if (c === 44) {
          flush(i);
          endField();
          quoteBefore = false;
        } else if (c === 10 || c === 13) {
          flush(i);
          if (c === 13) continue;
          records.push(...take());
          began = line;
        } else {
          quoteBefore = false;
        }
      }
      flush(chunk.length);
      return records;
    },
    end: () => (fields.length > 0 || field.length > 0 ? take() : []),
  };
}

/** The records in one parsed value: itself, or the list that it wraps. */
export function unwrapped(value: Json | unknown): JsonObject[] {
  if (Array.isArray(value)) return value.filter(isObject);
  if (!isObject(value)) return [];
  for (const name of wrappers) {
    const list = value[name];
    if (Array.isArray(list) && list.length > 0 && list.every(isObject)) return list;
  }
  return [value];
}

/** How the beginning of a file says that it is to be split. */
export function splitterFor(beginning: string): Splitter {
  const text = beginning.trimStart();
  if (text.startsWith('[')) return objectSplitter();
  if (!text.startsWith('{')) return isTable(text) ? csvSplitter() : lineSplitter();
  const firstLine = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n')).trim();
  const wrapped = new RegExp(`^\\{\\s*"(${wrappers.join('|')})"\\s*:\\s*\\[`).exec(text);
  if (isWholeObject(firstLine)) return lineSplitter();
  if (wrapped !== null) return afterPrefix(objectSplitter(), beginning.indexOf('{') + wrapped[0].length);
  // A line may be longer than the beginning; an object over several lines opens with little on its first.
  return firstLine.length > 200 || text.indexOf('\n') < 0 ? lineSplitter() : afterFirst(firstLine);
}

/** A header with more than one column, and no JSON line after it: a log may begin with a line that is damaged. */
function isTable(text: string): boolean {
  const [header = '', next = ''] = text.split('\n', 2);
  return header.includes(',') && !next.trimStart().startsWith('{');
}

const afterFirst = (firstLine: string): Splitter =>
  /^\{\s*$/.test(firstLine) || /^\{\s*"[^"]*"\s*:.*,\s*$/.test(firstLine) ? objectSplitter() : lineSplitter();

function isWholeObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Skips what opens the wrapping object. */
function afterPrefix(inner: Splitter, chars: number): Splitter {
  let left = chars;
  return {
    push(chunk) {
      const skipped = Math.min(left, chunk.length);
      left -= skipped;
      return inner.push(chunk.slice(skipped));
    },
    end: inner.end,
  };
}
