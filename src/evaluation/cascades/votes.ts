import { noAnswer, type RecordedAnswers } from './recorded.ts';

/** What a policy gave and cost on each row. */
export interface Played {
  score: Float64Array;
  usd: Float64Array;
}

/**
 * The training-free rule: two voters answer; equal answers are given out; else the third votes, where there is one; two equal answers are given out; else the
 * last member answers. Members by index, the last one the reference. Every call is paid.
 */
export function playVote(recorded: RecordedAnswers, voters: number[], last: number): Played {
  const { score, usd, group } = recorded;
  const n = recorded.rows.length;
  const played = { score: new Float64Array(n), usd: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const asked: number[] = [];
    let given: number | undefined;
    for (const voter of voters) {
      asked.push(voter);
      played.usd[i]! += usd[voter]![i]!;
      const own = group[voter]![i]!;
      given = asked.find((other) => other !== voter && own !== noAnswer && group[other]![i] === own);
      if (given !== undefined) break;
    }
    if (given === undefined) {
      given = last;
      played.usd[i]! += usd[last]![i]!;
    }
    played.score[i] = score[given]![i]!;
  }
  return played;
}

export function playSingle({ score, usd }: RecordedAnswers, model: number): Played {
  return { score: score[model]!, usd: usd[model]! };
}
