import type { Deployment } from './deployment.ts';
import type { Model } from './model.ts';

/** What a check can find out about a deployment that routing reads. */
export type FindableCapability =
  | 'tools'
  | 'parallel-tools'
  | 'json-schema'
  | 'image-input'
  /** Thinking stays away when it is switched off. */
  | 'thinking-off'
  /** Thinking comes when it is switched on. */
  | 'thinking-on'
  | 'context-tokens';

/** What was found out about one deployment by asking it, and when. */
export interface Finding {
  /** `provider/model`. */
  deployment: string;
  /** How the deployment was called then: at another address, or by another name, it has still to be examined. */
  calledAs: string;
  capability: FindableCapability;
  /** Whether it is there; for `context-tokens` how many there are, or `true` where they are as many as was claimed. */
  value: boolean | number;
  /** In words, without keys, prompts or answers. */
  evidence: string;
  atMs: number;
}

/** Where findings are kept. One row for each deployment and capability. */
export interface FindingStore {
  /** Replaces what was known of the same capabilities of the same deployments. */
  put(findings: readonly Finding[]): Promise<void>;
  /** By deployment, then capability. */
  list(): Promise<Finding[]>;
}

/** How findings count: `narrow` takes away what is claimed and not there, `follow` also adds what is there and not claimed. */
export const findingUses = ['narrow', 'follow', 'ignore'] as const;
export type FindingUse = (typeof findingUses)[number];

/** Vendors and engines change; what was found longer ago than this says nothing. */
const findingDaysMax = 30;

const msPerDay = 86_400_000;

/** Identifies what is called, for a finding to be void when that changes. No credential is in it. */
export function calledAs({ provider, upstreamName }: Deployment): string {
  return [provider.vendor.id, provider.region ?? '', provider.baseUrl, upstreamName].join(' ');
}

/** The findings that still hold for this deployment. */
export function currentFindings(
  deployment: Deployment,
  findings: readonly Finding[],
  nowMs: number,
): Finding[] {
  const as = calledAs(deployment);
  return findings.filter(
    (each) =>
      each.deployment === deployment.id &&
      each.calledAs === as &&
      nowMs - each.atMs <= findingDaysMax * msPerDay,
  );
}

/**
 * The deployment as it was found to be. Thinking stays as it is claimed, because configurations name its presets: what was found of it
 * is in `findings`, for the router.
 */
export function withFindings(deployment: Deployment, findings: Finding[], use: FindingUse): Deployment {
  if (findings.length === 0 || use === 'ignore') return deployment;
  const effective = findings.filter((each) => counts(deployment.model, each, use));
  if (effective.length === 0) return deployment;
  const capabilities = { ...deployment.model.capabilities };
  let { contextTokens } = deployment.model;
  for (const { capability, value } of effective) {
    if (capability === 'context-tokens') contextTokens = Number(value);
    else if (capability === 'tools') {
      capabilities.tools = value === true;
      if (value === false) capabilities.parallelTools = false;
    } else if (capability === 'parallel-tools') capabilities.parallelTools = value === true;
    else if (capability === 'json-schema') capabilities.jsonSchema = value === true;
    else if (capability === 'image-input') capabilities.imageInput = value === true;
  }
  const model: Model = { ...deployment.model, capabilities, contextTokens };
  return { ...deployment, model, findings: effective };
}

/** The finding that took this capability away, if it is a finding that did. */
export function findingAgainst<F extends Pick<Finding, 'capability' | 'value'>>(
  { findings }: { findings?: readonly F[] | undefined },
  capability: FindableCapability,
): F | undefined {
  return findings?.find(
    (each) => each.capability === capability && (each.value === false || capability === 'context-tokens'),
  );
}

function counts({ capabilities, contextTokens }: Model, { capability, value }: Finding, use: FindingUse) {
  if (capability === 'context-tokens')
    return typeof value === 'number' && value > 0 && (value < contextTokens || use === 'follow');
  if (capability === 'thinking-off' || capability === 'thinking-on') return value === false;
  const claimed = {
    tools: capabilities.tools,
    'parallel-tools': capabilities.parallelTools,
    'json-schema': capabilities.jsonSchema,
    'image-input': capabilities.imageInput,
  }[capability];
  return value === false ? claimed : !claimed && use === 'follow';
}
