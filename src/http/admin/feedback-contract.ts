import { z } from '@hono/zod-openapi';

const gradeSchema = z.number().min(0).max(1);

const oneFeedbackSchema = z
  .strictObject({
    request_id: z.string().min(1).max(200).optional(),
    decision_id: z.string().min(1).max(200).optional(),
    score: gradeSchema.optional().describe('How good the answer was, 0..1'),
    right: z.boolean().optional().describe('Short for a score of 1 or 0'),
    model: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .describe('Whose answer; a candidate, deployment or model of the decision. Default: who answered'),
    scores: z
      .record(z.string().min(1).max(300), gradeSchema)
      .refine((scores) => Object.keys(scores).length <= 32, 'at most 32 models')
      .refine((scores) => Object.keys(scores).length > 0, 'name at least one model')
      .optional()
      .describe('By model, where several answered the same request'),
    source: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'letters, digits and _ . : - only, at most 64')
      .optional()
      .describe('Who graded. One grade stands for each request, model and source; a new one replaces it'),
    edit: z
      .string()
      .max(100_000)
      .optional()
      .describe(
        'What somebody made of the answer before using it. Without a score, the share of it that they kept is the score, of every answer to the request whose text the route has',
      ),
    comment: z.string().max(2000).optional().describe('In their own words; kept for a year'),
  })
  .refine(
    ({ request_id, decision_id }) => (request_id === undefined) !== (decision_id === undefined),
    'give `request_id` or `decision_id`',
  )
  .refine(
    ({ score, right, scores }) => [score, right, scores].filter((each) => each !== undefined).length <= 1,
    'give one of `score`, `right` and `scores`',
  )
  .refine(
    (one) => ['score', 'right', 'scores', 'edit', 'comment'].some((name) => name in one),
    'give `score`, `right`, `scores`, `edit` or `comment`',
  )
  .refine(
    ({ model, scores }) => model === undefined || scores === undefined,
    '`scores` names its models itself',
  );

const feedbackMax = 500;

export const feedbackSchema = z
  .strictObject({ outcomes: z.array(oneFeedbackSchema).min(1).max(feedbackMax) })
  .openapi('Feedback');

export const feedbackTakenSchema = z
  .object({
    added: z.int(),
    changed: z.int().describe('There was another grade, which the new one replaces'),
    unchanged: z.int().describe('The same grade was there'),
    rejected: z
      .array(z.object({ index: z.int(), code: z.string(), message: z.string() }))
      .describe('By place in `outcomes`. The others were taken'),
  })
  .openapi('FeedbackTaken');

export const feedbackNotesSchema = z
  .object({
    data: z.array(
      z.object({
        id: z.string(),
        request_id: z.string(),
        route: z.string().nullable(),
        source: z.string(),
        comment: z.string().nullable(),
        edit: z.string().nullable(),
        at: z.iso.datetime(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('FeedbackNotes');

export const learnedSchema = z
  .object({
    stored: z.int().describe('Outcomes kept'),
    stored_max: z.int().describe('Older ones are dropped'),
    models: z.array(
      z.object({
        model: z.string().describe('With its effort preset after #'),
        outcomes: z.int().describe('Learned from'),
        by_work: z.record(z.string(), z.int()).describe('By kind of work and language'),
      }),
    ),
  })
  .openapi('Learned');

export type Feedback = z.infer<typeof feedbackSchema>;
export type FeedbackTaken = z.infer<typeof feedbackTakenSchema>;
export type FeedbackNotes = z.infer<typeof feedbackNotesSchema>;
export type Learned = z.infer<typeof learnedSchema>;
