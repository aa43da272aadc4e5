/** What a candidate said to each prompt; undefined where it said nothing. */
export interface ProbeRound {
  texts: (string | undefined)[];
  /** Of each prompt, as the provider counted it. */
  inputTokens: (number | undefined)[];
}

/** Two rounds one after the other: they show how much a candidate varies by itself. */
export interface ProbeBaseline {
  first: ProbeRound;
  second: ProbeRound;
}

export interface ProbeFinding {
  what: 'tokens' | 'answers';
  /** Prompts that show it, of those that could. */
  shown: number;
  of: number;
}

/** Fewer counts say nothing of a tokenizer. */
const countsMin = 8;
const countsShare = 0.5;
/** Of three equal draws each is as likely the odd one. */
const oddShare = 1 / 3;

/**
 * Whether the newest round is of the same model. Where exactly one of three answers differs from the other two, each is as likely to be the odd one as long as nothing has changed: that the newest is so often is a binomial test,
 * exact whatever the answers are like. Prompts that are counted otherwise say that the tokenizer or a hidden prompt has changed, which no chance does.
 *
 * @param alpha chance, at most, that answers of the same model are taken for another's
 */
export function probeFinding(
  { first, second }: ProbeBaseline,
  newest: ProbeRound,
  alpha: number,
): ProbeFinding | undefined {
  const counts = first.inputTokens.flatMap((was, i) => {
    const is = newest.inputTokens[i];
    // A provider that counts the same text in two ways says nothing by a third.
    return was === undefined || is === undefined || was !== second.inputTokens[i] ? [] : [was !== is];
  });
  const moved = counts.filter(Boolean).length;
  if (counts.length >= countsMin && moved > countsShare * counts.length)
    return { what: 'tokens', shown: moved, of: counts.length };
  const { odd, newestOdd } = oddOnes(first, second, newest);
  return upperTail(newestOdd, odd, oddShare) <= alpha
    ? { what: 'answers', shown: newestOdd, of: odd }
    : undefined;
}

function oddOnes(
  first: ProbeRound,
  second: ProbeRound,
  newest: ProbeRound,
): { odd: number; newestOdd: number } {
  let odd = 0;
  let newestOdd = 0;
  for (let i = 0; i < first.texts.length; i++) {
    const [a, b, c] = [first.texts[i], second.texts[i], newest.texts[i]].map(plain);
    if (a === undefined || b === undefined || c === undefined) continue;
    if (new Set([a, b, c]).size !== 2) continue;
    odd += 1;
    if (a === b) newestOdd += 1;
  }
  return { odd, newestOdd };
}

const plain = (text: string | undefined): string | undefined =>
  text?.trim().toLowerCase().replaceAll(/\s+/g, ' ');

/** P(X ≥ k) of a binomial. */
function upperTail(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return Math.max(0, 1 - below);
}
