/**
 * The sandbox's token: one Chinese, Japanese or Korean character, or up to four other characters. Real tokenizers differ; this
 * one needs no tables, counts the same everywhere, and is near enough for trying budgets and prices out.
 */
const plainCharsPerToken = 4;

export function countTokens(text: string): number {
  let tokens = 0;
  let plain = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isWide(code)) {
      tokens += Math.ceil(plain / plainCharsPerToken) + 1;
      plain = 0;
    } else if (!isLowSurrogate(code)) {
      plain += 1;
    }
  }
  return tokens + Math.ceil(plain / plainCharsPerToken);
}

/** The text cut into tokens, so that `splitTokens(text).length === countTokens(text)` and no character is torn. */
export function splitTokens(text: string): string[] {
  const tokens: string[] = [];
  let plain = '';
  let plainChars = 0;
  const flush = () => {
    if (plain !== '') tokens.push(plain);
    plain = '';
    plainChars = 0;
  };
  for (const char of text) {
    if (isWide(char.charCodeAt(0))) {
      flush();
      tokens.push(char);
    } else {
      plain += char;
      // A lone low surrogate has no width of its own, as in the count.
      if (!(char.length === 1 && isLowSurrogate(char.charCodeAt(0)))) plainChars += 1;
      if (plainChars === plainCharsPerToken) flush();
    }
  }
  flush();
  return tokens;
}

/** Han, kana, hangul and their punctuation. */
function isWide(code: number): boolean {
  return (
    (code >= 0x3000 && code <= 0x30ff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xff00 && code <= 0xffef)
  );
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
