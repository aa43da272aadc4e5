import type { Random } from './random.ts';

/** Where sums are looked for, and how long they may be. */
const searchedCharsMax = 2000;
const expressionCharsMax = 80;
const depthMax = 12;
const exponentMax = 32;
const baseMax = 10n ** 20n;

export interface Sum {
  /** As it stood in the ask. */
  expression: string;
  value: string;
  /** 0 = trivial, 1 = as hard as it gets here. */
  difficulty: number;
}

const operatorWords: [RegExp, string][] = [
  [/\b(?:multiplied by|times)\b|乘以|乘|かける|곱하기/gi, '*'],
  [/\b(?:divided by|over)\b|除以|わる|나누기/gi, '/'],
  [/\bplus\b|加上|加|たす|더하기/gi, '+'],
  [/\bminus\b|减去|减|ひく|빼기/gi, '-'],
  [/[×·]|\\times/g, '*'],
  [/÷/g, '/'],
  [/[−–]/g, '-'],
];

/** The first sum that a text asks for, solved; undefined where there is none. */
export function findSum(text: string): Sum | undefined {
  let plain = text.slice(0, searchedCharsMax);
  for (const [words, operator] of operatorWords) plain = plain.replace(words, operator);
  for (const run of expressionRuns(plain)) {
    const value = evaluate(run);
    if (value !== undefined) return { expression: run, value, difficulty: difficultyOf(run) };
  }
  return undefined;
}

/** A slip such as people make: one digit of the result is off. Never the right value. */
export function slipOf(value: string, random: Random): string {
  const places = [...value].flatMap((char, index) => (/\d/.test(char) ? [index] : []));
  const place = places[Math.floor(random() * places.length)] ?? 0;
  const digit = Number(value[place] ?? 0);
  const shift = 1 + Math.floor(random() * 8);
  // A leading digit stays between 1 and 9, so that the result keeps its length.
  const other = place === places[0] ? ((digit + shift - 1) % 9) + 1 : (digit + shift) % 10;
  return value.slice(0, place) + String(other) + value.slice(place + 1);
}

/** Runs of digits, operators and brackets with at least one operator between two numbers. One pass: no backtracking to exploit. */
function* expressionRuns(text: string): Generator<string> {
  let start = -1;
  for (let index = 0; index <= text.length; index++) {
    const char = text[index];
    const belongs = char !== undefined && /[\d+\-*/^(). ,]/.test(char);
    if (belongs && start < 0) start = index;
    if (!belongs && start >= 0) {
      const run = text
        .slice(start, index)
        .replace(/^[ ,.)*/^]+/, '')
        .replace(/[ ,.(+\-*/^]+$/, '');
      start = -1;
      const isDate = /^\d{4}-\d{1,2}(-\d{1,2})?$/.test(run);
      if (run.length <= expressionCharsMax && !isDate && /\d\s*\)*\s*[+\-*/^]\s*\(*-?\s*\d/.test(run))
        yield run;
    }
  }
}

function difficultyOf(run: string): number {
  const numbers = run.match(/\d+(\.\d+)?/g) ?? [];
  const digits = numbers.reduce((sum, number) => sum + number.length, 0);
  const hardSteps = (run.match(/[*/^]/g) ?? []).length;
  const steps = (run.match(/[+-]/g) ?? []).length;
  return Math.min(1, digits * 0.05 + hardSteps * 0.12 + steps * 0.04 - 0.15);
}

/** Exact for whole numbers under + - * ^; otherwise to ten significant digits. Undefined for what is not a sum. */
function evaluate(run: string): string | undefined {
  const text = run.replace(/(\d),(?=\d{3}\b)/g, '$1').replace(/\s+/g, '');
  const whole = /^[\d+\-*^()]+$/.test(text);
  try {
    const parser = new Parser(text);
    const value = parser.parse();
    if (whole) return parser.parseWhole().toString();
    if (!Number.isFinite(value)) return undefined;
    return String(Number(value.toPrecision(10)));
  } catch (thrown) {
    if (thrown instanceof NotASum) return undefined;
    throw thrown;
  }
}

class NotASum extends Error {}

interface Arithmetic<T> {
  number(text: string): T;
  apply(operator: string, a: T, b: T): T;
  negate(a: T): T;
}

const wholeNumbers: Arithmetic<bigint> = {
  number: (text) => BigInt(text),
  negate: (a) => -a,
  apply: (operator, a, b) => {
    switch (operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      default:
        if (b < 0n || b > BigInt(exponentMax) || a > baseMax || a < -baseMax) throw new NotASum();
        return a ** b;
    }
  },
};

const realNumbers: Arithmetic<number> = {
  number: (text) => Number(text),
  negate: (a) => -a,
  apply: (operator, a, b) => {
    switch (operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
        return a / b;
      default:
        return a ** b;
    }
  },
};

/** Recursive descent over sums, products, powers and brackets. */
class Parser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  parse(): number {
    return this.run(realNumbers);
  }

  parseWhole(): bigint {
    return this.run(wholeNumbers);
  }

  private run<T>(arithmetic: Arithmetic<T>): T {
    this.at = 0;
    const value = this.sum(arithmetic, 0);
    if (this.at !== this.text.length) throw new NotASum();
    return value;
  }

  private sum<T>(arithmetic: Arithmetic<T>, depth: number): T {
    let value = this.product(arithmetic, depth);
    while (this.next('+') || this.next('-')) {
      const operator = this.take();
      value = arithmetic.apply(operator, value, this.product(arithmetic, depth));
    }
    return value;
  }

  private product<T>(arithmetic: Arithmetic<T>, depth: number): T {
    let value = this.power(arithmetic, depth);
    while (this.next('*') || this.next('/')) {
      const operator = this.take();
      value = arithmetic.apply(operator, value, this.power(arithmetic, depth));
    }
    return value;
  }

  private power<T>(arithmetic: Arithmetic<T>, depth: number): T {
    if (depth > depthMax) throw new NotASum();
    if (this.next('-')) {
      this.take();
      return arithmetic.negate(this.power(arithmetic, depth + 1));
    }
    const base = this.atom(arithmetic, depth);
    if (!this.next('^')) return base;
    this.take();
    return arithmetic.apply('^', base, this.power(arithmetic, depth + 1));
  }

  private atom<T>(arithmetic: Arithmetic<T>, depth: number): T {
    if (depth > depthMax) throw new NotASum();
    if (this.next('(')) {
      this.take();
      const value = this.sum(arithmetic, depth + 1);
      if (!this.next(')')) throw new NotASum();
      this.take();
      return value;
    }
    let number = '';
    while (/[\d.]/.test(this.text[this.at] ?? '')) number += this.take();
    if (!/^\d+(\.\d+)?$/.test(number)) throw new NotASum();
    return arithmetic.number(number);
  }

  private next(char: string): boolean {
    return this.text[this.at] === char;
  }

  private take(): string {
    return this.text[this.at++] ?? '';
  }
}
