/** Names longer than this are not compared: a suggestion for them would be chance. */
const nameCharsMax = 64;
const suggestionsMax = 3;

/** Known names that somebody may have meant, best first, for an error that helps. */
export function nearNames(meant: string, known: Iterable<string>): string[] {
  if (meant.length > nameCharsMax) return [];
  const scored: { name: string; score: number }[] = [];
  for (const name of new Set(known)) {
    const score = likeness(meant, name.toLowerCase());
    if (score >= 0.5) scored.push({ name, score });
  }
  scored.sort((a, b) => b.score - a.score || a.name.localeCompare(b.name));
  return scored.slice(0, suggestionsMax).map(({ name }) => name);
}

/** 1 for equal, 0 for nothing in common; a name that contains the other counts as near. */
function likeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0 || longest > nameCharsMax) return 0;
  const contained = a.length >= 3 && b.length >= 3 && (a.includes(b) || b.includes(a));
  const edit = 1 - distance(a, b) / longest;
  return contained ? Math.max(edit, 0.6) : edit;
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
