import { type Decision, stepAt } from '../../router/index.ts';

const bands = 4;

/**
 * The kind of request that is drawn with a share of its own: its language, and from how far up the ladder on it would go to a cheaper candidate. Undefined where no rung
 * calls anyone but the reference: of those all is known without a pair.
 */
export function stratumOf({ shape, ladder, reference }: Decision): string | undefined {
  if (ladder === undefined) return `${shape.language}/learn`;
  for (let rung = 0; rung < ladder.rungs; rung++)
    if ((stepAt(ladder, rung) ?? reference) !== reference)
      return `${shape.language}/${1 + Math.floor((bands * rung) / ladder.rungs)}`;
  return undefined;
}
