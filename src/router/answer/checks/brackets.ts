/** How a language writes what is not code; only what is needed to find its brackets. */
interface Lexis {
  lineComment: string | undefined;
  blockComment: [string, string] | undefined;
  /** Longest first. */
  quotes: readonly string[];
  /** Quotes that may run over lines. */
  multiline: readonly string[];
}

const cLike: Lexis = {
  lineComment: '//',
  blockComment: ['/*', '*/'],
  quotes: ['"', "'"],
  multiline: [],
};
const python: Lexis = {
  lineComment: '#',
  blockComment: undefined,
  quotes: ['"""', "'''", '"', "'"],
  multiline: ['"""', "'''"],
};
const go: Lexis = { ...cLike, quotes: ['`', '"', "'"], multiline: ['`'] };
const json: Lexis = { lineComment: undefined, blockComment: undefined, quotes: ['"'], multiline: [] };

/**
 * Languages whose brackets can be told from their texts without parsing. Not here: those with regular expressions or brackets within strings that are code
 * again (JavaScript, Ruby, shells), and those with single quotes that do not close (Rust).
 */
const lexes: { [language: string]: Lexis } = {
  python,
  py: python,
  python3: python,
  go,
  golang: go,
  java: cLike,
  c: cLike,
  cpp: cLike,
  'c++': cLike,
  csharp: cLike,
  cs: cLike,
  json,
};

const openers = '([{';
const closers = ')]}';
const codeCharsMax = 50_000;

/**
 * `unclosed` where a text ends within brackets or quotes, `mismatched` where a bracket closes what is not open. Nothing where the language is not one whose
 * brackets are certain, or the text is too long. One pass.
 */
export function bracketFault(code: string, language: string): 'unclosed' | 'mismatched' | undefined {
  const lexis = Object.hasOwn(lexes, language) ? lexes[language] : undefined;
  if (lexis === undefined || code.length > codeCharsMax) return undefined;
  const open: string[] = [];
  let at = 0;
  while (at < code.length) {
    const skipped = skipQuiet(code, at, lexis);
    if (skipped === 'unclosed') return 'unclosed';
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const char = code[at]!;
    if (openers.includes(char)) open.push(char);
    else if (closers.includes(char) && open.pop() !== openers[closers.indexOf(char)]) return 'mismatched';
    at += 1;
  }
  return open.length > 0 ? 'unclosed' : undefined;
}

/** Past the comment or quoted text that begins here, or `at` itself. */
function skipQuiet(code: string, at: number, lexis: Lexis): number | 'unclosed' {
  if (lexis.lineComment !== undefined && code.startsWith(lexis.lineComment, at)) return endOfLine(code, at);
  if (lexis.blockComment !== undefined && code.startsWith(lexis.blockComment[0], at)) {
    const end = code.indexOf(lexis.blockComment[1], at + 2);
    return end === -1 ? 'unclosed' : end + lexis.blockComment[1].length;
  }
  const quote = lexis.quotes.find((mark) => code.startsWith(mark, at));
  if (quote === undefined) return at;
  const multiline = lexis.multiline.includes(quote);
  for (let i = at + quote.length; i < code.length; i++) {
    if (code[i] === '\\' && quote !== '`') i += 1;
    else if (code.startsWith(quote, i)) return i + quote.length;
    // An apostrophe in what is no code after all: the line is given up, not the text.
    else if (code[i] === '\n' && !multiline) return i;
  }
  return multiline || lexis === json ? 'unclosed' : code.length;
}

function endOfLine(code: string, at: number): number {
  const end = code.indexOf('\n', at);
  return end === -1 ? code.length : end;
}
