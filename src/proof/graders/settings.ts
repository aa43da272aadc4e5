import { z } from 'zod';
import { taskFamilies } from '../../router/index.ts';

const common = {
  tasks: z
    .array(z.enum(taskFamilies))
    .min(1)
    .optional()
    .describe('Only requests of these kinds of work; without it all'),
};

const otherwise = z
  .enum(['worse', 'ask'])
  .default('worse')
  .describe(
    'Where an answer differs from the reference’s: it is worse, or the next grader or a judge is asked',
  );

const sameKinds = ['exact', 'numeric', 'choice', 'label', 'json', 'tool-call'] as const;

/** One way of grading answers without a judge; `graders` of a route’s `proof` are tried in order. */
export const graderSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.enum(sameKinds), otherwise, ...common })
    .describe(
      'The reference’s answer is the key: the same text, final number, option letter, label, JSON document, or tool calls',
    ),
  z
    .strictObject({ kind: z.literal('regex'), pattern: z.string().min(1).max(500), ...common })
    .describe(
      'An answer that matches is right; a pattern that could take long on an answer is not run on it',
    ),
  z
    .strictObject({
      kind: z.literal('json-schema'),
      schema: z.record(z.string(), z.unknown()).optional().describe('Without one, that of the request'),
      ...common,
    })
    .describe('An answer that is JSON of the schema is right'),
  z
    .strictObject({
      kind: z.literal('command'),
      command: z
        .array(z.string().min(1).max(4000))
        .min(1)
        .max(50)
        .refine(([program]) => program?.startsWith('/') === true, {
          error:
            'name the program by its absolute path: it is run without a shell and without a search path of yours',
        }),
      timeout_ms: z.int().min(10).max(600_000).default(30_000),
      ...common,
    })
    .describe(
      'A program that is given { request, answer } as JSON on its input: exit 0 = right, another = wrong',
    ),
]);

export type GraderSettings = z.output<typeof graderSchema>;
