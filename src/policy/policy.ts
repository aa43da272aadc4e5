import { hash } from 'node:crypto';
import type { Deployment } from '../catalog/index.ts';
import { PolicyError } from './condition.ts';
import { candidateFacts, type FactName, type Facts, type Home } from './facts.ts';
import { levels, type Pack, type PolicySettings, packSchema, readPack } from './pack.ts';
import { shippedPacks } from './shipped-packs.ts';

/** Why something is refused: every rule that does, and what was known. */
export interface Refusal {
  /** The first in the order of levels and packs. */
  rule: string;
  why: string;
  /** The others, where there are any. */
  also?: string[] | undefined;
  /** What the first looked at; null where it is not known. */
  facts?: { [name in FactName]?: string | number | boolean | string[] | null } | undefined;
}

/** The packs of a configuration, compiled. */
export interface Policy {
  /** Changes with every rule; 16 hex digits. `none` without any pack. */
  readonly version: string;
  readonly packs: readonly Pack[];
  readonly home: Home;
  factsOf(deployment: Deployment): Facts;
  /** Deny wins: one rule that refuses is enough, whichever pack it is in. Undefined = none does. */
  refusalOf(facts: Facts, nowMs: number): Refusal | undefined;
}

/** Throws PolicyError naming the field at fault. */
export function createPolicy(settings: PolicySettings, home: Home): Policy {
  const packs = settings.map((entry, index) => {
    const where = `policies.${index}`;
    return readPack('use' in entry ? shipped(entry, where) : entry, where);
  });
  const ids = new Set<string>();
  for (const [index, { id }] of packs.entries()) {
    if (ids.has(id)) throw new PolicyError(`policies.${index}: the pack «${id}» is there twice`);
    ids.add(id);
  }
  const ordered = packs
    .map((pack, index) => ({ pack, index }))
    .sort((a, b) => levels.indexOf(a.pack.level) - levels.indexOf(b.pack.level) || a.index - b.index)
    .map(({ pack }) => pack);
  const factsByDeployment = new WeakMap<Deployment, Facts>();
  return {
    version: ordered.length === 0 ? 'none' : digestOf(ordered, home),
    packs: ordered,
    home,
    factsOf(deployment) {
      let facts = factsByDeployment.get(deployment);
      if (facts === undefined) {
        facts = candidateFacts(deployment, home);
        factsByDeployment.set(deployment, facts);
      }
      return facts;
    },
    refusalOf(facts, nowMs) {
      let first: Refusal | undefined;
      for (const { rules, fromMs, untilMs } of ordered) {
        if (nowMs < fromMs || nowMs >= untilMs) continue;
        for (const rule of rules) {
          if (!rule.refuses(facts)) continue;
          if (first === undefined) first = { rule: rule.id, why: rule.why, facts: known(rule.facts, facts) };
          else first.also = [...(first.also ?? []), rule.id];
        }
      }
      return first;
    },
  };
}

export const noPolicy: Policy = createPolicy([], { processing: undefined, storage: undefined });

function shipped(entry: Extract<PolicySettings[number], { use: string }>, where: string) {
  const { use, ...changes } = entry;
  const found = shippedPacks.find(({ id }) => id === use);
  if (found === undefined) {
    const ids = shippedPacks.map(({ id }) => id).join(', ');
    throw new PolicyError(`${where}.use: no pack «${use}» comes with the product; there are ${ids}`);
  }
  return packSchema.parse({ ...found, ...changes });
}

function known(names: readonly FactName[], facts: Facts): Refusal['facts'] {
  const valueAt = (name: FactName) => {
    const value = facts[name] ?? null;
    return typeof value === 'object' && value !== null ? [...value] : value;
  };
  return Object.fromEntries(names.map((name) => [name, valueAt(name)]));
}

function digestOf(packs: readonly Pack[], home: Home): string {
  const said = packs.map(({ settings }) => settings);
  return hash('sha256', JSON.stringify([said, home.processing ?? null, home.storage ?? null])).slice(0, 16);
}
