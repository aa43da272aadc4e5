/** One pair that a judge and a person have graded: losses, −1..1. */
export interface GradedTwice {
  judged: number;
  person: number;
}

export interface Attribution {
  cause: 'system' | 'judge' | 'unknown';
  /** By how much the mean loss, as people see it, has changed. */
  systemShift: number;
  /** By how much the judge's mean error has. */
  judgeShift: number;
}

/** With fewer pairs graded twice on either side nothing is said. */
const pairsMin = 20;
/** A shift counts from so many standard errors on. */
const errorsMin = 2;

/**
 * Who has changed, the route or its judge: after an alarm, people label some of the newest pairs. What the judge's losses have moved by is the sum of what people's have and what its errors have; the greater of the two, in standard errors, is the
 * cause.
 */
export function attribute(before: readonly GradedTwice[], after: readonly GradedTwice[]): Attribution {
  const system = shiftOf(before, after, ({ person }) => person);
  const judge = shiftOf(before, after, ({ judged, person }) => judged - person);
  const shifts = { systemShift: system.mean, judgeShift: judge.mean };
  if (before.length < pairsMin || after.length < pairsMin) return { cause: 'unknown', ...shifts };
  const [bySystem, byJudge] = [Math.abs(system.mean) / system.error, Math.abs(judge.mean) / judge.error];
  if (Math.max(bySystem, byJudge) < errorsMin) return { cause: 'unknown', ...shifts };
  return { cause: bySystem >= byJudge ? 'system' : 'judge', ...shifts };
}

function shiftOf(
  before: readonly GradedTwice[],
  after: readonly GradedTwice[],
  of: (pair: GradedTwice) => number,
): { mean: number; error: number } {
  const [old, now] = [moments(before.map(of)), moments(after.map(of))];
  return { mean: now.mean - old.mean, error: Math.sqrt(old.error ** 2 + now.error ** 2) };
}

/** The variance of one imagined pair keeps the error of a few equal ones above 0. */
function moments(values: readonly number[]): { mean: number; error: number } {
  const n = Math.max(1, values.length);
  const mean = values.reduce((sum, one) => sum + one, 0) / n;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) + 0.25;
  return { mean, error: Math.sqrt(squares / n / n) };
}
