/**
 * Says where a text stops being JSON, as «line 3, column 14» with what was expected there. V8's own messages quote the text,
 * which may be a prompt, and often lack the place. Runs only after JSON.parse has failed; iterative, so depth does not matter.
 */
export function locateJsonFault(text: string): string {
  const fault = findFault(text);
  if (fault.at >= text.length) return `it ends too early, ${fault.expected} was expected`;
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < fault.at; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return `${fault.expected} was expected at line ${line}, column ${fault.at - lineStart + 1}`;
}

interface Fault {
  at: number;
  expected: string;
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
const space = /[ \t\n\r]*/y;

function findFault(text: string): Fault {
  const open: ('{' | '[')[] = [];
  let at = skip(text, 0);
  let wants: 'value' | 'first-key' | 'key' | 'first-item' | 'after' = 'value';
  for (;;) {
    const char = text[at];
    if (wants === 'after') {
      const container = open.at(-1);
      if (container === undefined) return { at, expected: 'the end of the body' };
      if (char === ',') {
        at = skip(text, at + 1);
        wants = container === '{' ? 'key' : 'value';
      } else if (char === (container === '{' ? '}' : ']')) {
        open.pop();
        at = skip(text, at + 1);
      } else return { at, expected: container === '{' ? '"," or "}"' : '"," or "]"' };
      continue;
    }
    if (wants === 'first-key' || wants === 'key') {
      if (wants === 'first-key' && char === '}') {
        open.pop();
        at = skip(text, at + 1);
        wants = 'after';
        continue;
      }
      if (char !== '"') return { at, expected: 'a key in double quotes' };
      const end = readString(text, at);
      if (typeof end !== 'number') return end;
      at = skip(text, end);
      if (text[at] !== ':') return { at, expected: '":"' };
      at = skip(text, at + 1);
      wants = 'value';
      continue;
    }
    if (wants === 'first-item' && char === ']') {
      open.pop();
      at = skip(text, at + 1);
      wants = 'after';
      continue;
    }
    if (char === '{' || char === '[') {
      open.push(char);
      at = skip(text, at + 1);
      wants = char === '{' ? 'first-key' : 'first-item';
      continue;
    }
    const end = char === '"' ? readString(text, at) : readScalar(text, at);
    if (typeof end !== 'number') return end;
    at = skip(text, end);
    wants = 'after';
  }
}

function skip(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex;
}

function readScalar(text: string, at: number): number | Fault {
  for (const pattern of [literal, number]) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  return { at, expected: 'a value' };
}

function readString(text: string, open: number): number | Fault {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code < 32) return { at, expected: 'an escaped control character' };
    if (code !== 92) continue;
    const escaped = text[at + 1];
    if (escaped === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        return { at, expected: 'four hexadecimal digits after "\\u"' };
      }
      at += 5;
    } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) {
      return { at, expected: 'a known escape' };
    } else at += 1;
  }
  return { at: text.length, expected: 'a closing quote' };
}
