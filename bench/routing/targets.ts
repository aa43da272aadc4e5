/**
 * Figures to compare with, of simple routers that were measured on the same files (`routing-data.md` §5 and §6, hashed n-gram logistic
 * regressions, tf-idf neighbours, small boosted trees): what was best of them on each task, and what is aimed at.
 */
export interface TaskTarget {
  apgr: number;
  ci: [number, number];
  by: string;
  save: [at95: number, at98: number, at100: number];
  leftOut: number;
}

export const simpleRouters: { [task: string]: TaskTarget | undefined } = {
  'core-deepseek-gpt4o': {
    apgr: 0.725,
    ci: [0.681, 0.778],
    by: 'mix',
    save: [0.68, 0.37, 0.05],
    leftOut: 0.534,
  },
  'core-deepseek-sonnet': {
    apgr: 0.675,
    ci: [0.603, 0.76],
    by: 'mix',
    save: [0.85, 0.49, 0.14],
    leftOut: 0.545,
  },
  'core-llama8b-gpt4o': { apgr: 0.67, ci: [0.648, 0.687], by: 'mix', save: [0.28, 0.15, 0], leftOut: 0.61 },
  'bfcl-haiku-sonnet': {
    apgr: 0.484,
    ci: [0.334, 0.619],
    by: 'mix',
    save: [0.92, 0.37, 0.05],
    leftOut: 0.562,
  },
  'law-qwen7b-gpt4': { apgr: 0.751, ci: [0.677, 0.858], by: 'knn', save: [0.56, 0.49, 0.46], leftOut: 0.501 },
  'law-gpt35-gpt4': { apgr: 0.605, ci: [0.545, 0.673], by: 'knn', save: [0.33, 0.26, 0.2], leftOut: 0.504 },
  'swe-deepseek-opus': {
    apgr: 0.619,
    ci: [0.458, 0.873],
    by: 'cheap',
    save: [0.55, 0.41, 0.2],
    leftOut: 0.551,
  },
  'mmlupro-dscoder-gemini': {
    apgr: 0.818,
    ci: [0.759, 0.883],
    by: 'avg3',
    save: [0.71, 0.54, 0.41],
    leftOut: 0.665,
  },
  'mmlu-mixtral-gpt4': {
    apgr: 0.667,
    ci: [0.643, 0.703],
    by: 'avg3',
    save: [0.51, 0.29, 0.12],
    leftOut: 0.593,
  },
};

export const targets = {
  apgrInDomain: { 'core-deepseek-gpt4o': 0.72, 'mmlu-mixtral-gpt4': 0.72 },
  apgrLeftOut: { 'mmlu-mixtral-gpt4': 0.64 },
  leftOutMean: 0.6,
  leftOutLeast: 0.48,
  /** Tasks on which an interval wholly below one half would show harm. */
  harm: { rowsMin: 300, gapMin: 0.05, apgr: 0.5 },
  /** Aiming at 95 % on a left-out task keeps at least this. */
  leftOutKept95: 0.94,
  manyInDomain: { task: 'core-pool', save: [0.78, 0.6, 0.45], aiq: 0.74 },
  /** A new model from this many probes loses at most this. */
  newModel: { probes: 100, lossMax: 0.03 },
  claim: { aim: 0.98, 'in-domain': 0.6, 'left-out': 0.5 },
} as const;
