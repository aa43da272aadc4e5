/** Words, and characters of scripts that write none apart, are compared up to here; the edit distance is quadratic. */
const tokensMax = 2000;
const wordsAndSigns =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

/** How much of an answer is left after an edit: 1 − Levenshtein distance over the longer one, in words; 1 = untouched, 0 = nothing. */
export function keptShare(answer: string, edit: string): number {
  const [a, b] = [tokensOf(answer), tokensOf(edit)];
  const longer = Math.max(a.length, b.length);
  return longer === 0 ? 1 : 1 - distance(a, b) / longer;
}

const tokensOf = (text: string): string[] => (text.match(wordsAndSigns) ?? []).slice(0, tokensMax);

/** One row at a time (Wagner and Fischer, 1974). */
function distance(a: readonly string[], b: readonly string[]): number {
  let row = Uint16Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = new Uint16Array(b.length + 1);
    next[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(changed, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
}
