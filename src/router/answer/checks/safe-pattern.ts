/*
 * A client's regular expression may take exponential time on an answer. Before one is run, the ways in which backtracking can try to match are counted from
 * its text: each choice multiplies them. Only where their product, times the text's length, is small is the expression run at all.
 */

const patternCharsMax = 500;
const textCharsMax = 10_000;
const stepsMax = 1_000_000;

/** True or false where the text was tested; undefined where the pattern is no valid one or could take too long. */
export function testPattern(pattern: string, text: string): boolean | undefined {
  if (pattern.length > patternCharsMax || text.length > textCharsMax) return undefined;
  const starts = pattern.startsWith('^') ? 1 : text.length + 1;
  if (waysOf(pattern, text.length) * starts * (text.length + 1) > stepsMax) return undefined;
  return compiled(pattern)?.test(text);
}

/** Many patterns are written for engines that know no `u` flag. */
function compiled(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // Tried without the flag, then given up.
    }
  }
  return undefined;
}

interface Group {
  /** Ways through the alternatives that are complete. */
  before: number;
  /** Ways through the current alternative. */
  ways: number;
}

/** An upper bound of the ways to match a text of `length`; infinite where repeated groups hold choices. */
function waysOf(pattern: string, length: number): number {
  const stack: Group[] = [{ before: 0, ways: 1 }];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at]!;
    let atom = 1;
    if (char === '(') {
      stack.push({ before: 0, ways: 1 });
      at += 1;
      // `(?:`, `(?=`, `(?<name>`: the question mark is no quantifier.
      if (pattern[at] === '?') at += 1;
      continue;
    }
    if (char === '|') {
      const group = stack.at(-1)!;
      group.before += group.ways;
      group.ways = 1;
      at += 1;
      continue;
    }
    if (char === ')') {
      const group = stack.pop()!;
      if (stack.length === 0) return Number.POSITIVE_INFINITY;
      atom = group.before + group.ways;
      at += 1;
    } else if (char === '[') at = endOfClass(pattern, at);
    else at += char === '\\' ? 2 : 1;
    const repeat = repeatAt(pattern, at, length);
    at = repeat.end;
    stack.at(-1)!.ways *= waysRepeated(atom, repeat);
  }
  const whole = stack[0]!;
  return stack.length === 1 ? whole.before + whole.ways : Number.POSITIVE_INFINITY;
}

interface Repeat {
  min: number;
  max: number;
  end: number;
}

function waysRepeated(atom: number, { min, max }: Repeat): number {
  if (atom === 1) return max - min + 1;
  let ways = 0;
  for (let times = min; times <= max; times++) {
    ways += atom ** times;
    if (ways > stepsMax) return Number.POSITIVE_INFINITY;
  }
  return ways;
}

const counted = /\{(\d{1,6})(,(\d{0,6}))?\}/y;

function repeatAt(pattern: string, at: number, length: number): Repeat {
  const most = length + 1;
  const lazy = (end: number) => (pattern[end] === '?' ? end + 1 : end);
  switch (pattern[at]) {
    case '*':
      return { min: 0, max: most, end: lazy(at + 1) };
    case '+':
      return { min: 1, max: Math.max(1, most), end: lazy(at + 1) };
    case '?':
      return { min: 0, max: 1, end: lazy(at + 1) };
    default:
  }
  counted.lastIndex = at;
  const match = counted.exec(pattern);
  if (match === null) return { min: 1, max: 1, end: at };
  const min = Math.min(Number(match[1]), most);
  const max = match[2] === undefined ? min : match[3] === '' ? most : Math.min(Number(match[3]), most);
  return { min, max: Math.max(min, max), end: lazy(at + match[0].length) };
}

function endOfClass(pattern: string, open: number): number {
  for (let at = open + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']') return at + 1;
  }
  return pattern.length;
}
