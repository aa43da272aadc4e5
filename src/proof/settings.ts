import { z } from 'zod';
import { graderSchema } from './graders/settings.ts';

const share = z.number().gt(0).max(1);

/** `proof` of a route in the configuration. */
export const routeProofSchema = z
  .strictObject({
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(0.95)
      .describe(
        'Of all certificates of the route together: the k-th policy may be wrong with 6/(π²k²) of the rest to 1',
      ),
    judges: z
      .array(z.string().min(1).max(200))
      .max(10)
      .default([])
      .describe(
        'Models that say which of two answers is better, in this order; the first of another family than both is asked. They see requests and answers of the route',
      ),
    graders: z
      .array(graderSchema)
      .max(20)
      .default([])
      .describe('Ways of grading without a judge; the first that applies is believed, else a judge is asked'),
    share_max: share
      .default(0.1)
      .describe('Mean share of requests that become pairs while the route is not certified'),
    share_certified: share.default(0.03).describe('The same while it is'),
    share_min: share
      .default(0.005)
      .describe('Smallest share of any kind of request; weights are bounded by it'),
    budget_usd_per_day: z
      .number()
      .positive()
      .optional()
      .describe(
        'For the calls that make and judge pairs, per UTC day; without one the shares alone bound it',
      ),
    learn_pairs: z
      .int()
      .min(0)
      .max(20_000)
      .default(200)
      .describe(
        'Pairs that teach the router before its policy is frozen; they never count for a certificate',
      ),
    probe_days: z
      .number()
      .min(1)
      .max(90)
      .optional()
      .describe(
        'So often the reference and the candidates are asked some fixed short questions, to notice that a provider exchanged what is behind a name; absent = never',
      ),
    unit: z
      .enum(['request', 'session'])
      .optional()
      .describe(
        'What is drawn and counts as one piece of evidence. Turns of a conversation depend on each other, so that with many of them drawn only whole sessions keep the promise; default: session where a share is above 0.2, else request',
      ),
    idle_minutes: z
      .number()
      .min(1)
      .max(1440)
      .default(60)
      .describe('A session without a request for so long is over'),
    labels_per_week: z
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .describe('Pairs that people are asked to compare, drawn by chance; needs captured texts'),
    labels: z
      .enum(['correct', 'watch'])
      .default('correct')
      .describe(
        'correct: certificates rest on the judge as corrected by people; watch: on the judge alone, and labels tell when it changes',
      ),
  })
  .refine(({ judges, graders }) => judges.length + graders.length > 0, {
    error: 'somebody has to say how good answers are: name a model of another family, or a grader',
    path: ['judges'],
  })
  .refine(({ labels_per_week, judges }) => labels_per_week === 0 || judges.length > 0, {
    error: 'labels correct a judge: name one under judges, or leave labels_per_week out',
    path: ['labels_per_week'],
  })
  .refine(({ share_min, share_max, share_certified }) => share_min <= Math.min(share_max, share_certified), {
    error: 'share_min is the smallest share: share_max and share_certified cannot be below it',
    path: ['share_min'],
  });

export type RouteProofConfig = z.output<typeof routeProofSchema>;
