import fc from 'fast-check';
import type { AttemptRecord, RequestRecord } from '../../src/ledger/index.ts';
import type { Decision } from '../../src/router/index.ts';

/** A decision of realistic size. */
export function sampleDecision(id: string): Decision {
  const candidates = ['acme/small', 'acme/large', 'other/medium'].map((candidate) => ({
    candidate,
    model: candidate.split('/')[1]!,
    quality: { mean: 0.82, low: 0.74, high: 0.9 },
    loss: { mean: 0.03, low: -0.01, high: 0.07 },
    evidence: 120,
    evidenceCell: 'rewrite × en × main',
    cost: {
      uncachedInputNano: 12_000,
      cachedInputNano: 0,
      outputNano: 48_000,
      escalationNano: 0,
      totalNano: 60_000,
      expectedOutputTokens: 220,
    },
    contributions: ['asks for a proof', 'long input', 'names a library', 'short ask'].map((label, index) => ({
      feature: `f${index}`,
      label,
      value: 1,
      effect: 0.1 * index,
    })),
  }));
  return {
    id,
    atMs: 1,
    route: 'auto',
    mode: 'assist',
    shape: {
      language: 'en',
      task: 'rewrite',
      turn: 'main',
      askChars: 120,
      inputTokensBound: 400,
      inputTokensEstimate: 150,
      userTurns: 1,
      hasImages: false,
      hasDocuments: false,
      tools: 0,
      openToolLoop: false,
      wantsJsonSchema: false,
      wantsReasoning: false,
      providerBoundState: false,
      outputTokensMax: 1000,
      sessionKey: '0f'.repeat(16),
    },
    reference: 'acme/large',
    plan: ['acme/small', 'acme/large'],
    preferred: 'acme/small',
    candidates,
    excluded: [],
    target: { kind: 'quality', value: 0.98 },
    lambda: 0.02,
    propensity: 1,
    reason: 'cheaper-within-loss',
    explanation: {
      sentence: 'acme/small is cheaper and its loss is within the target.',
      runnerUp: 'acme/large',
      flip: undefined,
    },
    artefact: 'sha256:00',
    quality: 'estimated',
  };
}

export function sampleAttempt(change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    id: 'att_1',
    requestId: 'req_1',
    index: 0,
    deployment: 'acme/small',
    model: 'small',
    provider: 'acme',
    region: 'eu',
    startedAtMs: 1000,
    firstContentMs: 80,
    durationMs: 200,
    outcome: 'answered',
    status: 200,
    error: undefined,
    errorDetail: undefined,
    usage: undefined,
    usageSource: 'none',
    costNano: 10,
    priceRow: 'acme 2026-01-01',
    ...change,
  };
}

export function sampleRecord(change: Partial<RequestRecord> = {}): RequestRecord {
  const id = change.id ?? 'req_1';
  return {
    id,
    startedAtMs: 1000,
    durationMs: 200,
    keyId: 'key_1',
    project: undefined,
    dialect: 'openai-chat',
    model: 'auto',
    route: 'auto',
    stream: true,
    deployment: 'acme/small',
    outcome: 'answered',
    status: 200,
    error: undefined,
    usage: {
      inputTokens: 100,
      cacheReadTokens: 40,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 20,
      reasoningTokens: 0,
    },
    usageSource: 'reported',
    costNano: 10,
    referenceCostNano: 30,
    firstContentMs: 80,
    simulated: false,
    session: undefined,
    tags: [],
    droppedParams: [],
    attempts: [sampleAttempt({ requestId: id })],
    decision: undefined,
    ...change,
  };
}

/** What a record looks like after its way through JSON: absent instead of undefined. */
export function asStored(record: RequestRecord): unknown {
  return JSON.parse(JSON.stringify(record));
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const count = fc.integer({ min: 0, max: 2_000_000 });
const money = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Records that share few names, so that groups meet, with money up to the largest exact amount. */
export const anyRecord: fc.Arbitrary<RequestRecord> = fc
  .record({
    startedAtMs: fc.integer({ min: 0, max: 5 * 86_400_000 }),
    keyId: fc.constantFrom('key_1', 'key_2', 'key_3'),
    project: maybe(fc.constantFrom('p', 'q')),
    route: maybe(fc.constantFrom('auto', 'support')),
    served: maybe(fc.constantFrom('acme/small', 'acme/large', 'other/medium')),
    outcome: fc.constantFrom('answered', 'failed', 'aborted'),
    usage: maybe(fc.record({ inputTokens: count, cacheReadTokens: count, outputTokens: count })),
    costNano: maybe(money),
    referenceCostNano: maybe(money),
    predicted: maybe(fc.record({ costNano: money, outputTokens: count })),
    firstContentMs: maybe(fc.integer({ min: 0, max: 5000 })),
    simulated: fc.boolean(),
  })
  .map(({ served, usage, ...rest }) =>
    sampleRecord({
      ...rest,
      outcome: rest.outcome as RequestRecord['outcome'],
      deployment: served,
      usage:
        usage === undefined
          ? undefined
          : { ...usage, cacheWriteTokens: 0, cacheWrite1hTokens: 0, reasoningTokens: 0 },
      attempts:
        served === undefined ? [] : [sampleAttempt({ deployment: served, model: served.split('/')[1]! })],
    }),
  );
