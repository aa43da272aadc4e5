import fc from 'fast-check';
import type { Candidate } from '../../src/catalog/index.ts';
import type { DecideInput, PricedCandidate, SessionState, TokenRates } from '../../src/router/index.ts';
import { candidate, chat, input, rates, read, strong } from './fixtures.ts';

const nowMs = 1_700_000_000_000;
const asks = [
  'Translate to French: good morning.',
  'Why did the treaty fail, and would a different clause have saved it?',
  'Janet has 16 eggs and eats 3. She sells the rest at $2 each. How much does she make?',
  '请用中文总结下面这段话：今天天气很好，我们去公园散步。',
  'Write a Python function that merges two sorted lists.',
  'hi',
  '',
];

const capabilities = fc.record(
  {
    tools: fc.boolean(),
    jsonSchema: fc.boolean(),
    imageInput: fc.boolean(),
    documentInput: fc.boolean(),
    reasoning: fc.constantFrom('none' as const, 'optional' as const, 'always' as const),
  },
  { requiredKeys: [] },
);

const tokenRates: fc.Arbitrary<TokenRates | undefined> = fc.option(
  fc.record({
    input: fc.integer({ min: 0, max: 20_000_000 }),
    output: fc.integer({ min: 0, max: 60_000_000 }),
    cacheRead: fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined }),
    cacheWrite: fc.option(fc.integer({ min: 0, max: 25_000_000 }), { nil: undefined }),
  }),
  { nil: undefined, freq: 8 },
);

/** Names of models with outcomes, of published ones and of nobody's. */
const modelIds = [
  'gpt-4o',
  'gpt-4o-mini',
  'qwen2.5-72b-instruct',
  'one',
  'two',
  'three',
  'llama-3.1-8b-instruct',
];

function one(id: string): fc.Arbitrary<PricedCandidate> {
  return fc
    .record({
      mmlu: fc.option(fc.double({ min: 20, max: 95, noNaN: true }), { nil: undefined }),
      unlisted: fc.boolean(),
      contextTokens: fc.constantFrom(2_000, 32_000, 128_000),
      outputTokensMax: fc.constantFrom(500, 16_000),
      effort: fc.constantFrom(
        'default' as const,
        'default' as const,
        'off' as const,
        'low' as const,
        'high' as const,
      ),
      capabilities,
      aliases: fc.constantFrom<string[]>([], ['another-name']),
      enforcesSchema: fc.boolean(),
      promptCache: fc.constantFrom(undefined, { lifetimeMs: 60_000, tokensMin: 8, marked: true }),
      finding: fc.constantFrom(
        undefined,
        'thinking-off' as const,
        'tools' as const,
        'context-tokens' as const,
      ),
      rates: tokenRates,
      expectedOutputTokens: fc.option(fc.double({ min: 1, max: 9000, noNaN: true }), { nil: undefined }),
    })
    .map((made) => {
      const plain = candidate({ id, ...made });
      const { deployment } = plain;
      const quirks = {
        ...deployment.provider.quirks,
        jsonSchema: made.enforcesSchema,
        promptCache: made.promptCache,
      };
      const whole: Candidate = {
        id: made.effort === 'default' ? plain.id : `${plain.id}#${made.effort}`,
        effort: made.effort,
        deployment: {
          ...deployment,
          model: { ...deployment.model, aliases: made.aliases },
          provider: { ...deployment.provider, quirks },
          findings:
            made.finding === undefined
              ? undefined
              : [
                  {
                    deployment: deployment.id,
                    calledAs: 'x',
                    capability: made.finding,
                    value: false,
                    evidence: 'it was tried',
                    atMs: nowMs,
                  },
                ],
        },
      };
      return { candidate: whole, rates: made.rates, expectedOutputTokens: made.expectedOutputTokens };
    });
}

const fleet = fc
  .shuffledSubarray(modelIds, { minLength: 1, maxLength: 5 })
  .chain((ids) => fc.tuple(...ids.map(one)));

const shapeChange = fc.record(
  {
    inputTokensEstimate: fc.integer({ min: 1, max: 150_000 }),
    inputTokensBound: fc.integer({ min: 1, max: 400_000 }),
    userTurns: fc.integer({ min: 1, max: 4 }),
    hasImages: fc.boolean(),
    tools: fc.integer({ min: 0, max: 2 }),
    openToolLoop: fc.boolean(),
    wantsJsonSchema: fc.boolean(),
    wantsReasoning: fc.boolean(),
    providerBoundState: fc.boolean(),
    outputTokensMax: fc.integer({ min: 1, max: 20_000 }),
    turn: fc.constantFrom('main' as const, 'title' as const, 'tool-result' as const),
  },
  { requiredKeys: [] },
);

const target: fc.Arbitrary<DecideInput['target']> = fc.oneof(
  fc.record({ kind: fc.constant('quality' as const), value: fc.double({ min: 0.5, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('budget-per-day' as const), value: fc.constant(10) }),
  fc.record({
    kind: fc.constant('usd-per-quality' as const),
    value: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

const session = (ids: string[]): fc.Arbitrary<SessionState | undefined> =>
  fc.option(
    fc.record({
      home: fc.option(
        fc.constantFrom(...ids).map((id) => ({ candidate: id, deployment: id.split('#')[0]!, userTurns: 1 })),
        { nil: undefined },
      ),
      warm: fc.array(
        fc.record({
          deployment: fc.constantFrom(...ids.map((id) => id.split('#')[0]!)),
          tokens: fc.integer({ min: 0, max: 100_000 }),
          atMs: fc.integer({ min: nowMs - 600_000, max: nowMs }),
        }),
        { maxLength: 3 },
      ),
      calls: fc.integer({ min: 0, max: 30 }),
      gapMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    }),
    { nil: undefined },
  );

/** Cheap known models beside a dear one, and answers that can be compared: here votes are worth weighing. */
const votable: fc.Arbitrary<DecideInput> = fc
  .record({
    value: fc.constantFrom(0, 0.001, 0.01, 0.1, 1),
    costs: fc.array(fc.double({ min: 0.05, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }),
    signals: fc.constantFrom(undefined, { judge: [0.3] }),
  })
  .map(({ value, costs, signals }) => {
    const cheap = ['llama-3.1-70b-instruct', 'qwen2.5-32b-instruct', 'gpt-4o-mini'];
    return input(chat(['How many km does a train cover in 4 hours if it covers 120 km in 1.5 hours?']), {
      target: { kind: 'usd-per-quality', value },
      candidates: [
        strong,
        ...cheap.map((id, i) => ({ candidate: candidate({ id }), rates: rates(costs[i]!, 2 * costs[i]!) })),
      ],
      cascade: { checks: true, votes: true },
      comparison: 'number',
      ...(signals !== undefined && {
        signals,
        asked: {
          asked: [{ name: 'judge', deployment: 'p/judge', outcome: 'answered', durationMs: 3 }],
          without: 'p/strong',
          waitedMs: 3,
          costNano: 12,
        },
      }),
    });
  });

const general: fc.Arbitrary<DecideInput> = fleet.chain((candidates) => {
  const ids = candidates.map(({ candidate: each }) => each.id);
  return fc
    .record({
      ask: fc.constantFrom(...asks),
      shape: shapeChange,
      mode: fc.constantFrom('assist' as const, 'assist' as const, 'observe' as const, 'named' as const),
      target,
      referenceAt: fc.nat(candidates.length - 1),
      referenceStays: fc.boolean(),
      down: fc.subarray(ids),
      session: session(ids),
      cacheMarks: fc.boolean(),
      expectedOutputTokens: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined, freq: 5 }),
      cascade: fc.constantFrom(undefined, { checks: true, votes: true }, { checks: true, votes: false }),
      comparison: fc.constantFrom(undefined, 'number' as const, 'choice' as const, 'code' as const),
      lambdaUsd: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      capped: fc.constantFrom(undefined, { share: 0.4, max: 0.2, lambdaFactor: 0.3 }),
    })
    .map(({ ask, shape, referenceAt, referenceStays, down, ...more }) => {
      const reference = candidates[referenceAt]!.candidate;
      const stays = referenceStays || candidates.length === 1;
      const reading = read(chat([ask]));
      return input(chat([ask]), {
        ...more,
        reading: { ...reading, shape: { ...reading.shape, ...shape } },
        reference,
        candidates: stays ? candidates : candidates.filter((each) => each.candidate !== reference),
        excluded: stays
          ? []
          : [
              {
                candidate: reference.id,
                stage: 'policy',
                rule: 'policy.models',
                why: 'the key may not call it',
              },
            ],
        unavailable: down.map((id) => ({ deployment: id.split('#')[0]!, why: 'its circuit is open' })),
      });
    });
});

/** Ordinary requests that everybody can serve, between a dear reference and cheaper models: here estimates and prices decide. */
export const ordinary: fc.Arbitrary<DecideInput> = fc
  .record({
    ask: fc.constantFrom(...asks),
    others: fc.array(
      fc.record({
        mmlu: fc.option(fc.double({ min: 60, max: 92, noNaN: true }), { nil: undefined, freq: 8 }),
        usd: fc.double({ min: 0.02, max: 12, noNaN: true }),
        tools: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    target: fc.oneof(
      fc.record({
        kind: fc.constant('quality' as const),
        value: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
      }),
      fc.record({
        kind: fc.constant('usd-per-quality' as const),
        value: fc.constantFrom(0.0001, 0.001, 0.01, 0.1, 1),
      }),
    ),
    mode: fc.constantFrom('assist' as const, 'assist' as const, 'observe' as const),
    cascade: fc.constantFrom(undefined, { checks: true, votes: false }, { checks: true, votes: true }),
    capped: fc.constantFrom(undefined, undefined, { share: 0.4, max: 0.2, lambdaFactor: 0.6 }),
    warm: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 4 }),
    long: fc.boolean(),
  })
  .map(({ ask, others, warm, long, cascade, ...more }) => {
    const reading = read(chat([ask]));
    const shape = { ...reading.shape, inputTokensEstimate: long ? 4000 : 300, inputTokensBound: 9000 };
    return input(chat([ask]), {
      ...more,
      cascade,
      comparison: cascade?.votes === true ? 'number' : undefined,
      reading: { ...reading, shape },
      candidates: [
        strong,
        ...others.map(({ mmlu, usd, tools }, i) => ({
          candidate: candidate({ id: `m${i}`, mmlu, capabilities: { tools } }),
          rates: rates(usd, 3 * usd),
        })),
      ],
      session:
        warm === undefined
          ? undefined
          : {
              home: undefined,
              warm: [{ deployment: 'p/strong', tokens: warm, atMs: nowMs }],
              calls: 3,
              gapMs: 20_000,
            },
    });
  });

/** Anything that a decision may be asked. */
export const anyDecideInput: fc.Arbitrary<DecideInput> = fc.oneof(
  { weight: 2, arbitrary: ordinary },
  { weight: 5, arbitrary: general },
  { weight: 1, arbitrary: votable },
);
