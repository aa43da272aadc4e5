import { z } from 'zod';
import type { Candidate } from '../../catalog/index.ts';
import type { SignalName } from '../../router/index.ts';
import type { Callee } from '../../upstream/index.ts';

const model = z.string().min(1).max(200);
const deadline = (ms: number) =>
  z
    .int()
    .min(1)
    .max(10_000)
    .default(ms)
    .describe('The longest a request waits for it; all that are asked run side by side');
const askChars = z
  .int()
  .min(100)
  .max(100_000)
  .default(2_000)
  .describe('How much of the newest user ask it is shown; of a longer one the beginning and the end');

/** `signals` of a route in the configuration. */
export const routeSignalsSchema = z
  .strictObject({
    judge: z
      .strictObject({
        model: model.describe('A chat model: a small one that answers in one word, at once'),
        deadline_ms: deadline(800),
        ask_chars_max: askChars,
      })
      .optional()
      .describe('A model that is asked how well a small model would answer'),
    embedding: z
      .strictObject({
        model: model.describe('An embedding model, by a name of the catalogue or as provider/model'),
        deadline_ms: deadline(150),
        ask_chars_max: askChars,
      })
      .optional()
      .describe('An embedding of the ask; asked only once there are own outcomes to read it by'),
    share_max: z
      .number()
      .gt(0)
      .max(1)
      .default(0.2)
      .describe('The largest share of the route’s requests for which signals are asked'),
    in_observe: z
      .boolean()
      .default(false)
      .describe('Whether they are asked, and paid for, while the route only observes'),
  })
  .refine(({ judge, embedding }) => judge !== undefined || embedding !== undefined, {
    error: 'name a judge, an embedding, or both; leave signals out to ask none',
  });

export type RouteSignalsSettings = z.output<typeof routeSignalsSchema>;

/** A service that may be asked what it thinks of a request. */
export interface SignalSource {
  name: SignalName;
  /** Any of them may answer: the deployments of one model. */
  callees: (Candidate & Callee)[];
  deadlineMs: number;
  askCharsMax: number;
}

/** Whom a route asks where it is undecided. */
export interface RouteSignals {
  sources: readonly SignalSource[];
  shareMax: number;
  inObserve: boolean;
}
