import { z } from 'zod';
import { always, type Condition, negated, PolicyError, readCondition } from './condition.ts';
import type { FactName, Facts } from './facts.ts';

/** Whose rules come first; all of them hold. */
export const levels = ['law', 'contract', 'organisation', 'team'] as const;
export type Level = (typeof levels)[number];

const packsMax = 100;
const rulesMax = 200;

const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'use at most 60 small letters, digits, dots and dashes');
const conditionSchema = z.record(z.string(), z.unknown());
const dateSchema = z.iso.date().or(z.iso.datetime({ offset: true }));

const ruleSchema = z.strictObject({
  id: idSchema,
  when: conditionSchema.optional().describe('Which requests and endpoints it is about; absent = all'),
  require: conditionSchema.optional().describe('Refuses whatever this does not hold for'),
  deny: conditionSchema.optional().describe('Refuses whatever this holds for'),
  unknown: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('What happens where a fact that decides is not known'),
  why: z.string().min(1).max(500).describe('Told to those who are refused'),
  source: z.string().max(500).optional().describe('Where the rule comes from'),
});

const periodShape = {
  from: dateSchema.optional().describe('In force from then on; a day begins at 00:00 UTC'),
  until: dateSchema.optional().describe('In force before then'),
  applies_to: conditionSchema.optional().describe('Which requests the whole pack is about'),
  level: z.enum(levels).optional(),
};

/** A pack: rules that belong together, as data. */
export const packSchema = z.strictObject({
  id: idSchema,
  title: z.string().max(200).optional(),
  as_of: z.iso.date().optional().describe('When the rules were last compared with their sources'),
  notes: z.array(z.string()).optional(),
  ...periodShape,
  rules: z.array(ruleSchema).min(1).max(rulesMax),
});

/** One that is shipped, under its name. */
const useSchema = z.strictObject({ use: idSchema, ...periodShape });

/** `policies` of the configuration. */
export const policiesSchema = z.array(z.union([useSchema, packSchema])).max(packsMax);

export type PackSettings = z.input<typeof packSchema>;
export type PolicySettings = z.output<typeof policiesSchema>;

export interface Rule {
  /** `policy.<pack>/<rule>`. */
  id: string;
  why: string;
  /** Those that decided about it. */
  facts: readonly FactName[];
  refuses(facts: Facts): boolean;
}

export interface Pack {
  id: string;
  level: Level;
  /** Inclusive and exclusive; infinite where there is none. */
  fromMs: number;
  untilMs: number;
  rules: readonly Rule[];
  /** Of what it says. */
  settings: z.output<typeof packSchema>;
}

/** Throws PolicyError naming the field at fault. */
export function readPack(settings: z.output<typeof packSchema>, where: string): Pack {
  const { id, level = 'organisation', from, until, applies_to } = settings;
  const fromMs = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  if (fromMs >= untilMs) throw new PolicyError(`${where}.until: must be after \`from\``);
  const scope = applies_to === undefined ? always : readCondition(applies_to, `${where}.applies_to`);
  const ids = new Set<string>();
  const rules = settings.rules.map((rule, index) => {
    if (ids.has(rule.id)) throw new PolicyError(`${where}.rules.${index}.id: «${rule.id}» is there twice`);
    ids.add(rule.id);
    return readRule(rule, { pack: id, scope, where: `${where}.rules.${index}` });
  });
  return { id, level, fromMs, untilMs, rules, settings };
}

function readRule(
  rule: z.output<typeof ruleSchema>,
  { pack, scope, where }: { pack: string; scope: Condition; where: string },
): Rule {
  const { id, when, require, deny, unknown, why } = rule;
  if ((require === undefined) === (deny === undefined))
    throw new PolicyError(`${where}: give either \`require\` or \`deny\``);
  const concerns = when === undefined ? always : readCondition(when, `${where}.when`);
  const demand =
    require === undefined
      ? negated(readCondition(deny, `${where}.deny`))
      : readCondition(require, `${where}.require`);
  const ofUnknown = unknown === 'refuse';
  return {
    id: `policy.${pack}/${id}`,
    why,
    facts: [...new Set([...scope.facts, ...concerns.facts, ...demand.facts])],
    refuses(facts) {
      const inScope = scope.test(facts);
      if (inScope === false) return false;
      const isConcerned = concerns.test(facts);
      if (isConcerned === false) return false;
      const holds = demand.test(facts);
      if (holds === true) return false;
      return inScope === true && isConcerned === true && holds === false ? true : ofUnknown;
    },
  };
}
