import type { ProofHook } from '../../src/gateway/index.ts';
import { type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';
import { type CascadeGateway, type CascadePlan, startCascade } from './start-cascade.ts';

type Name = 'a' | 'b' | 'c' | 'r';

/** Three cheap models and a reference, each at an upstream of its own. */
export interface FourModels extends Record<Name, FakeUpstream> {
  yumen: CascadeGateway;
  close(): Promise<void>;
}

const names: Name[] = ['a', 'b', 'c', 'r'];

export const check = checkPlan('a/model-a', 'r/model-r');
export const vote = votePlan(['a/model-a', 'b/model-b', 'c/model-c'], 'r/model-r');

export function checkPlan(first: string, last: string): CascadePlan {
  return { kind: 'check', first, last };
}

export function votePlan(
  voters: Extract<CascadePlan, { kind: 'vote' }>['voters'],
  last: string,
): CascadePlan {
  return { kind: 'vote', voters, last };
}

/** USD per 1M tokens, in and out. */
const cheap = { input: 1, output: 2 };
const dear = { input: 10, output: 40 };

/**
 * @param cascade what the route says of cascades, in YAML
 * @param proof whoever proves the route
 */
export async function startFourModels(
  cascade = '{ checks: true, votes: true }',
  extra = '',
  proof?: ProofHook,
): Promise<FourModels> {
  const upstreams = await Promise.all(
    names.map(() => startFakeUpstream({ dialect: 'openai-chat', script: { text: '42' } })),
  );
  const at = Object.fromEntries(names.map((name, index) => [name, upstreams[index]!])) as Record<
    Name,
    FakeUpstream
  >;
  const lines = names.map((name) => ({
    provider: `  - { id: ${name}, vendor: openai-compatible, base_url: "${at[name].baseUrl}" }`,
    deployment: `  - { model: model-${name}, provider: ${name}, price: ${JSON.stringify(name === 'r' ? dear : cheap)} }`,
  }));
  const yumen = await startCascade(
    `
providers:
${lines.map(({ provider }) => provider).join('\n')}
deployments:
${lines.map(({ deployment }) => deployment).join('\n')}
routes:
  auto:
    reference: r/model-r
    candidates: [a/model-a, b/model-b, c/model-c, r/model-r]
    mode: assist
    cascade: ${cascade}
${extra}`,
    proof,
  );
  return {
    ...at,
    yumen,
    async close() {
      await yumen.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}

/** How often each was called since the last look. */
export function counter(models: FourModels): () => { [name in Name]: number } {
  const before = new Map(names.map((name) => [name, models[name].requests.length]));
  return () => {
    const counts = { a: 0, b: 0, c: 0, r: 0 };
    for (const name of names) {
      counts[name] = models[name].requests.length - before.get(name)!;
      before.set(name, models[name].requests.length);
    }
    return counts;
  };
}
