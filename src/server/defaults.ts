/** What holds where neither the configuration nor a request says otherwise; the configuration's schema shows the same figures. */
export const defaults = {
  bodyBytesMax: 50_331_648,
  answerBytesMax: 67_108_864,
  attemptsMax: 4,
  balance: 'price',
  contentFilter: 'fail',
  holdbackMs: 5_000,
  /** Looking at a whole answer costs no waiting; a second opinion and a held stream do, so they must be asked for. */
  cascade: { checks: true, votes: false, holdMs: 0 },
  responsesKeepDays: 30,
  captureDays: 30,
  timeouts: { connectMs: 5_000, firstByteMs: 120_000, interChunkMs: 120_000, totalMs: 1_200_000 },
  /** The quality a route aims at. */
  quality: 0.98,
} as const;
