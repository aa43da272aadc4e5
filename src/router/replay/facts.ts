import type { CandidateFacts, DeploymentFacts, ModelFacts, TokenRates } from '../stages/input.ts';

/** Capabilities by the words they are stored under. */
const capabilityWords = {
  tools: 'tools',
  jsonSchema: 'schema',
  imageInput: 'images',
  documentInput: 'documents',
} as const;

type Switch = keyof typeof capabilityWords;
const switches = Object.keys(capabilityWords) as Switch[];

/** What a decision read of the catalogue about one deployment; what is usual is left out. */
export interface StoredDeployment {
  id: string;
  model: string;
  aliases?: string[];
  scores?: [benchmark: string, value: number][];
  context: number;
  output: number;
  /** Words of `capabilityWords`, with blanks between. */
  can: string;
  reasoning: ModelFacts['capabilities']['reasoning'];
  /** The catalogue knows no fact of the model. */
  unlisted?: true;
  /** The provider does not enforce a JSON schema. */
  schemaIgnored?: true;
  cache?: DeploymentFacts['provider']['quirks']['promptCache'];
  findings?: NonNullable<DeploymentFacts['findings']>[number][];
}

/** Pico-USD per token; null where there is no such rate. */
export type StoredRates = [
  input: number,
  output: number,
  cacheRead: number | null,
  cacheWrite: number | null,
];

export interface StoredCandidate {
  id: string;
  /** Index in the list of deployments. */
  at: number;
  /** Absent = `default`. */
  effort?: Exclude<CandidateFacts['effort'], 'default'>;
  /** Absent = the price is unknown. */
  rates?: StoredRates;
  /** Expected output tokens; absent = the usual length. */
  length?: number;
  /** Chance that thinking uses up the output limit; absent = 0. */
  cut?: number;
}

export function storeDeployment({ id, model, provider, findings }: DeploymentFacts): StoredDeployment {
  const { quirks } = provider;
  const { capabilities } = model;
  return {
    id,
    model: model.id,
    ...(model.aliases.length > 0 && { aliases: model.aliases }),
    ...(model.scores.length > 0 && {
      scores: model.scores.map(({ benchmark, value }): [string, number] => [benchmark, value]),
    }),
    context: model.contextTokens,
    output: model.outputTokensMax,
    can: switches
      .filter((name) => capabilities[name])
      .map((name) => capabilityWords[name])
      .join(' '),
    reasoning: capabilities.reasoning,
    ...(model.facts.length === 0 && { unlisted: true as const }),
    ...(!quirks.jsonSchema && { schemaIgnored: true as const }),
    ...(quirks.promptCache !== undefined && { cache: quirks.promptCache }),
    ...(findings !== undefined && {
      findings: findings.map(({ capability, value, evidence, atMs }) => ({
        capability,
        value,
        evidence,
        atMs,
      })),
    }),
  };
}

export function restoreDeployment(stored: StoredDeployment): DeploymentFacts {
  const words = new Set(stored.can.split(' '));
  const can = (name: Switch): boolean => words.has(capabilityWords[name]);
  return {
    id: stored.id,
    model: {
      id: stored.model,
      aliases: stored.aliases ?? [],
      scores: (stored.scores ?? []).map(([benchmark, value]) => ({ benchmark, value })),
      contextTokens: stored.context,
      outputTokensMax: stored.output,
      capabilities: {
        tools: can('tools'),
        jsonSchema: can('jsonSchema'),
        imageInput: can('imageInput'),
        documentInput: can('documentInput'),
        reasoning: stored.reasoning,
      },
      facts: { length: stored.unlisted === true ? 0 : 1 },
    },
    provider: {
      quirks: { jsonSchema: stored.schemaIgnored !== true, promptCache: stored.cache },
    },
    findings: stored.findings,
  };
}

export function storeRates({ input, output, cacheRead, cacheWrite }: TokenRates): StoredRates {
  return [input, output, cacheRead ?? null, cacheWrite ?? null];
}

export function restoreRates([input, output, cacheRead, cacheWrite]: StoredRates): TokenRates {
  return { input, output, cacheRead: cacheRead ?? undefined, cacheWrite: cacheWrite ?? undefined };
}
