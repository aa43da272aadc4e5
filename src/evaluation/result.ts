import * as z from 'zod';

/** How the fit behind a row stands to what it was tested on. */
const splits = ['all', 'in-domain', 'left-out', 'trained-elsewhere', 'artefact', 'unseen-model'] as const;
export type Split = (typeof splits)[number];

const interval = z.tuple([z.number(), z.number()]).describe('95 %, over prompts drawn with replacement');
const intervals = z.record(z.string(), interval);
const figure = z.number().nullable();
const saving = z
  .strictObject({ '95': figure, '98': figure, '100': figure })
  .describe(
    '1 − cost / cost of always the reference, at the least cost that keeps that percentage of its quality, read off the tested prompts themselves; null where a policy with one operating point misses it',
  );

const honest = z
  .strictObject({
    quality_ratio: z.number().describe('Mean quality relative to always the reference'),
    save: z.number(),
    random_save: figure.describe(
      'What a random mix of single models saves at the same quality; null where none reaches it',
    ),
    ci: intervals,
  })
  .describe('Threshold chosen on other folds (left out: on the other groups) and applied here');

const slice = z.strictObject({
  n: z.int(),
  quality: z.record(z.string(), z.number()).describe('Mean quality of each model'),
  apgr: figure.describe('Null among several models and where the two are equal'),
  honest98: z
    .strictObject({ quality_ratio: z.number(), save: z.number() })
    .nullable()
    .describe('At the threshold for 98 % that was chosen for all prompts'),
  ci: intervals,
});
const slices = z.record(z.string(), slice);

const calibration = z.strictObject({
  n: z.int(),
  ece: z.number().describe('Expected calibration error over ten bins of equal size'),
  brier: z.number(),
  brier_constant: z.number().describe('Of predicting the mean for every prompt'),
});

const difference = z.strictObject({ difference: z.number(), ci: interval });

const row = z.strictObject({
  name: z.string(),
  router: z.string().optional().describe('Id of the router; absent for reference rows'),
  split: z.enum(splits),
  n: z.int(),
  quality: z
    .number()
    .describe(
      'Mean quality at the operating point: the honest threshold for 98 % of a router, the least cost at 98 % of a mix',
    ),
  cost_usd: z.number().describe('Mean cost of a prompt there'),
  save: saving,
  apgr: figure.describe('Average performance gap recovered; random is 0.5. Null among several models'),
  cpt50: figure.describe('Least share of prompts sent to the reference that recovers half of the gap'),
  cpt80: figure,
  aiq: figure.describe('Mean quality of the upper hull between the cheapest and the dearest model’s cost'),
  ci: intervals,
  honest: z.record(z.enum(['95', '98', '100']), honest).optional(),
  groups: z
    .record(z.string(), z.strictObject({ n: z.int(), apgr: figure }))
    .optional()
    .describe('Per group that was left out'),
  calibration: z
    .record(z.string(), calibration)
    .optional()
    .describe('Predicted against recorded quality, per model'),
  slices: z.strictObject({ language: slices, task: slices, source: slices }).optional(),
  ours_ahead: z
    .record(z.string(), difference)
    .optional()
    .describe(
      'On a baseline: our figure less its figure, paired by prompt; ahead where the whole interval is above 0',
    ),
  unseen: z
    .strictObject({
      model: z.string(),
      probes: z.int().describe('Prompts of the fit on which that model’s outcomes were kept'),
      loss: z
        .record(z.string(), difference)
        .describe('Figure with all of its outcomes less this figure, paired by prompt'),
    })
    .optional(),
});

const curve = z.strictObject({
  name: z.string(),
  split: z.enum(splits),
  points: z.array(
    z.strictObject({ cost_usd: z.number(), quality: z.number(), ci: interval.describe('Of the quality') }),
  ),
});

const evaluation = z.strictObject({
  rows: z.array(row),
  n: z.int().describe('Prompts with outcomes and costs of every model'),
  excluded: z.int(),
  excluded_because: z.strictObject({
    missing_outcome: z.int(),
    missing_cost: z.int(),
    contaminated: z.int().describe('Marked by the source as seen in a model’s training data'),
  }),
  models: z.record(z.string(), z.strictObject({ quality: z.number(), cost_usd: z.number() })),
  notes: z.array(z.string()),
  curves: z.array(curve).optional().describe('Cost and quality along each policy; with --plot only'),
});

export type EvaluationRow = z.infer<typeof row>;
export type Evaluation = z.infer<typeof evaluation>;
export type Slice = z.infer<typeof slice>;
export type Curve = z.infer<typeof curve>;

/** The JSON Schema of what `yumen eval --json` prints, published as `docs/eval.schema.json`. */
export function evaluationJsonSchema(): unknown {
  return z.toJSONSchema(evaluation);
}

/** What a router thought of each usable row without having seen it. */
export interface RoutedRows {
  router: string;
  name: string;
  split: Split;
  /** Per model, in the order [reference, ...candidates]. */
  quality: Float64Array[];
  /** Rows of one number share a threshold that was chosen on the rows of other numbers. */
  fold: Int32Array;
  /** Group per row that was left out together. */
  group: string[] | undefined;
  unseen?: { model: string; probes: number } | undefined;
}
