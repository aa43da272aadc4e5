import { splitFences } from '../checks/code-blocks.ts';

const codeCharsMax = 60_000;

/** How a language marks comments, and whether its lines stand in blocks by how deep they begin. */
interface Layout {
  comment: '#' | '//' | '--' | undefined;
  indents: boolean;
  /** Blanks part words that may begin with any mark, as those of a command do. */
  words?: boolean;
}

const layouts: { [layout: string]: Layout & { languages: readonly string[] } } = {
  python: { comment: '#', indents: true, languages: ['python', 'py', 'python3', 'yaml', 'yml'] },
  hash: {
    comment: '#',
    indents: false,
    words: true,
    languages: ['ruby', 'rb', 'bash', 'sh', 'shell', 'zsh', 'r', 'toml', 'perl'],
  },
  dash: { comment: '--', indents: false, languages: ['sql', 'lua'] },
  haskell: { comment: '--', indents: true, languages: ['haskell', 'hs'] },
  slash: {
    comment: '//',
    indents: false,
    languages: [
      ...[
        'js',
        'javascript',
        'mjs',
        'jsx',
        'ts',
        'typescript',
        'tsx',
        'java',
        'kotlin',
        'scala',
        'groovy',
        'dart',
      ],
      ...['c', 'cpp', 'c++', 'cs', 'csharp', 'go', 'golang', 'rust', 'rs', 'swift', 'php', 'scss', 'zig'],
    ],
  },
};

/** Where nothing is known nothing is left out: two answers that differ by a comment cost a call, two programs taken for one a wrong answer. */
const unknownLayout: Layout = { comment: undefined, indents: true, words: true };

function layoutOf(language: string, code: string): Layout {
  const name =
    language === '' &&
    /^[ \t]*(?:def|class|async def) [^\n{;]*:[ \t]*$|^[ \t]*(?:from \S+ )?import \w+[ \t]*$/m.test(code)
      ? 'python'
      : language;
  const known = Object.values(layouts).find(({ languages }) => languages.includes(name));
  if (known !== undefined) return known;
  return language === '' && /;[ \t]*(?:\/\/|\n|$)/.test(code) ? layouts['slash']! : unknownLayout;
}

/** Blocks that show what a program prints or how it is called. */
const shown = new Set(['text', 'txt', 'plaintext', 'output', 'console', 'markdown', 'md']);

/**
 * The code of an answer without comments, and without blanks outside quotes that mean nothing. The longest block speaks for the answer: the others are mostly
 * examples of use. Text outside fences counts only where there is no fence and it looks like code.
 */
export function codeKey(text: string): string | undefined {
  if (text.length > codeCharsMax) return undefined;
  const { blocks } = splitFences(text);
  const programs = blocks.filter(({ language }) => !shown.has(language));
  const speaking = programs.length > 0 ? programs : blocks;
  const longest = speaking.toSorted((one, other) => other.code.length - one.code.length)[0];
  if (longest === undefined && !/[;{}=]|^[ \t]*(?:def|class|import|SELECT)\b/im.test(text)) return undefined;
  const code = longest?.code ?? text;
  const key = stripped(code, layoutOf(longest?.language ?? '', code));
  return key === '' ? undefined : key;
}

/** Code in a line or so, without blanks outside quotes. */
export const withoutBlanks = (code: string): string => stripped(code, layouts['hash']!);

function stripped(code: string, { comment, indents, words = false }: Layout): string {
  const kept: string[] = [];
  let at = 0;
  let depth = 0;
  /** How deep the blocks begin that are open; only their number counts. */
  const widths = [0];
  /** Blanks since what was kept last; a line break among them. */
  let gap = '';
  const keep = (piece: string) => {
    if (indents && depth === 0 && gap.includes('\n') && kept.length > 0) {
      const width = gap.slice(gap.lastIndexOf('\n') + 1).replaceAll('\t', '        ').length;
      while (widths.at(-1)! > width) widths.pop();
      if (widths.at(-1)! < width) widths.push(width);
      kept.push(`\n${' '.repeat(widths.length - 1)}`);
    } else if (gap !== '' && needsBlank(kept.at(-1)?.at(-1) ?? '', piece[0]!, words)) kept.push(' ');
    gap = '';
    kept.push(piece);
  };
  while (at < code.length) {
    const char = code[at]!;
    const end = quotedEnd(code, at);
    if (end !== undefined) {
      const quoted = code.slice(at, end);
      // A docstring is a comment: it stands where a statement would.
      const isDocstring =
        depth === 0 &&
        quoted.length > 5 &&
        /^("""|''')/.test(quoted) &&
        /(^|\n)[ \t]*$/.test(code.slice(Math.max(0, at - 80), at)) &&
        /^[ \t]*(?:\n|$)/.test(code.slice(end, end + 80));
      if (!isDocstring) keep(quoted.replace(/^'([^'"\\]*)'$/, '"$1"'));
      at = end;
    } else if (comment !== undefined && beginsComment(code, at, comment)) {
      const line = code.indexOf('\n', at);
      at = line === -1 ? code.length : line;
    } else if (comment === '//' && code.startsWith('/*', at)) {
      const close = code.indexOf('*/', at + 2);
      at = close === -1 ? code.length : close + 2;
      gap += ' ';
    } else if (char === '\\') {
      // With what it escapes, so that an escaped quote opens nothing.
      const escaped = code.slice(at, at + 2).trim();
      keep(escaped);
      at += 2;
    } else {
      if (/\s/.test(char)) gap += char;
      else {
        keep(char);
        if ('([{'.includes(char)) depth += 1;
        else if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
      }
      at += 1;
    }
  }
  return kept.join('');
}

/** `$#`, `${a#b}` and an address are no comments. */
const beginsComment = (code: string, at: number, mark: string) =>
  code.startsWith(mark, at) && (mark !== '#' || at === 0 || /\s/.test(code[at - 1]!)) && code[at - 1] !== ':';

/** Without a blank the two would be one word, or another operator. */
const needsBlank = (before: string, after: string, words: boolean) =>
  (/[\p{L}\p{N}_$]/u.test(before) && (words ? /[\p{L}\p{N}_$/.-]/u : /[\p{L}\p{N}_$]/u).test(after)) ||
  (before === after && '+-&|'.includes(after));

const quotes = ['"""', "'''", '"', "'", '`'];

/** Where the quoted text that begins at `at` ends; undefined where none begins, or it is only an apostrophe. */
function quotedEnd(code: string, at: number): number | undefined {
  const quote = quotes.find((mark) => code.startsWith(mark, at));
  if (quote === undefined) return undefined;
  const overLines = quote.length === 3 || quote === '`';
  for (let i = at + quote.length; i < code.length; i++) {
    if (code[i] === '\\') i += 1;
    else if (code.startsWith(quote, i)) return i + quote.length;
    else if (code[i] === '\n' && !overLines) return undefined;
  }
  return undefined;
}
