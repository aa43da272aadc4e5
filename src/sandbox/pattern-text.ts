import type { Random } from './random.ts';

/** Bounds of what is made from a pattern: it is only ever read forwards, never matched, so that no pattern can stall the server. */
const piecesMax = 2000;
const outputCharsMax = 500;
const repeatMax = 8;

/**
 * A text that a simple regular expression matches: literals, classes, groups, alternatives and counts. What it does not know
 * (look-around, back-references) is skipped, so the text is then a guess.
 */
export function textFromPattern(pattern: string, random: Random): string {
  return new PatternWriter(pattern, random).write();
}

class PatternWriter {
  private readonly pattern: string;
  private readonly random: Random;
  private at = 0;
  private pieces = 0;

  constructor(pattern: string, random: Random) {
    this.pattern = pattern;
    this.random = random;
  }

  write(): string {
    return this.alternatives(0).slice(0, outputCharsMax);
  }

  private alternatives(depth: number): string {
    const options = [this.sequence(depth)];
    while (this.peek() === '|') {
      this.at += 1;
      options.push(this.sequence(depth));
    }
    return options[Math.floor(this.random() * options.length)] ?? '';
  }

  private sequence(depth: number): string {
    let text = '';
    while (this.at < this.pattern.length && this.peek() !== '|' && this.peek() !== ')') {
      this.pieces += 1;
      if (this.pieces > piecesMax || text.length > outputCharsMax) {
        this.at = this.pattern.length;
        break;
      }
      const make = this.atom(depth);
      const count = this.count();
      for (let index = 0; index < count && text.length <= outputCharsMax; index++) text += make();
    }
    return text;
  }

  private atom(depth: number): () => string {
    const char = this.pattern[this.at++] ?? '';
    switch (char) {
      case '^':
      case '$':
        return () => '';
      case '.':
        return () => 'x';
      case '(':
        return this.group(depth);
      case '[':
        return this.charClass();
      case '\\':
        return this.escape();
      default:
        return () => char;
    }
  }

  private group(depth: number): () => string {
    let silent = false;
    if (this.peek() === '?') {
      const kind =
        /^\?(:|=|!|<=|<!|<[A-Za-z]\w{0,30}>)/.exec(this.pattern.slice(this.at, this.at + 40))?.[1] ?? '';
      silent = kind !== ':' && !kind.endsWith('>');
      this.at += kind.length + 1;
    }
    const text = depth < 20 ? this.alternatives(depth + 1) : '';
    if (this.peek() === ')') this.at += 1;
    return () => (silent ? '' : text);
  }

  private charClass(): () => string {
    const negated = this.peek() === '^';
    if (negated) this.at += 1;
    const members: string[] = [];
    const start = this.at;
    while (this.at < this.pattern.length && (this.peek() !== ']' || this.at === start)) {
      let from = this.pattern[this.at++] ?? '';
      if (from === '\\') {
        const made = this.escape()();
        members.push(made);
        from = made;
      }
      const to = this.pattern[this.at + 1];
      if (this.peek() === '-' && to !== undefined && to !== ']') {
        this.at += 2;
        const low = from.charCodeAt(0);
        const high = Math.min(to.charCodeAt(0), low + 60);
        for (let code = low; code <= high; code++) members.push(String.fromCharCode(code));
      } else {
        members.push(from);
      }
    }
    this.at += 1;
    const usable = negated ? ['a', '1', '_', ' ', 'Z'].filter((each) => !members.includes(each)) : members;
    return () => usable[Math.floor(this.random() * usable.length)] ?? 'x';
  }

  private escape(): () => string {
    const char = this.pattern[this.at++] ?? '';
    switch (char) {
      case 'd':
        return () => String(Math.floor(this.random() * 10));
      case 'w':
        return () => String.fromCharCode(97 + Math.floor(this.random() * 26));
      case 's':
        return () => ' ';
      case 'D':
      case 'S':
        return () => 'x';
      case 'W':
        return () => '-';
      case 'b':
      case 'B':
        return () => '';
      case 'n':
        return () => '\n';
      case 't':
        return () => '\t';
      default:
        return () => char;
    }
  }

  private count(): number {
    const char = this.peek();
    let range: [number, number] | undefined;
    if (char === '?') range = [0, 1];
    else if (char === '*') range = [0, 3];
    else if (char === '+') range = [1, 4];
    if (range !== undefined) this.at += 1;
    if (char === '{') {
      const close = this.pattern.indexOf('}', this.at);
      const [, low, comma, high] =
        /^\{(\d{1,3})(,?)(\d{0,3})\}$/.exec(this.pattern.slice(this.at, close + 1)) ?? [];
      if (low !== undefined) {
        this.at = close + 1;
        const least = Number(low);
        range = [
          least,
          comma === '' ? least : high === '' ? least + 2 : Math.min(Number(high), least + repeatMax),
        ];
      }
    }
    if (range === undefined) return 1;
    if (this.peek() === '?') this.at += 1;
    return range[0] + Math.floor(this.random() * (range[1] - range[0] + 1));
  }

  private peek(): string {
    return this.pattern[this.at] ?? '';
  }
}
