import { type FactKind, type FactName, type Facts, type FactValue, factTable } from './facts.ts';
import { areaOf } from './places.ts';

/** Kleene's: undefined = cannot be said. */
export type Truth = boolean | undefined;

export interface Condition {
  /** Those it asks for. */
  facts: readonly FactName[];
  test(facts: Facts): Truth;
}

/** What is wrong in a pack, and where. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PolicyError';
  }
}

export const always: Condition = { facts: [], test: () => true };

const depthMax = 8;

/**
 * Reads a condition: facts that must all be so, with `all`, `any` and `not` for the rest. Throws PolicyError naming the field at fault.
 *
 * @example { 'endpoint.processing': { within: ['EU'] }, not: { 'model.origin': 'CN' } }
 */
export function readCondition(document: unknown, where: string, depth = 0): Condition {
  if (depth > depthMax) throw new PolicyError(`${where}: conditions nest more than ${depthMax} deep`);
  const entries = Object.entries(objectAt(document, where));
  if (entries.length === 0) throw new PolicyError(`${where}: is empty, and would hold for everything`);
  return both(
    entries.map(([name, wanted]) => {
      const at = `${where}.${name}`;
      if (name === 'all' || name === 'any') {
        if (!Array.isArray(wanted) || wanted.length === 0)
          throw new PolicyError(`${at}: must be a list of conditions`);
        const parts = wanted.map((part, i) => readCondition(part, `${at}.${i}`, depth + 1));
        return name === 'all' ? both(parts) : either(parts);
      }
      if (name === 'not') return negated(readCondition(wanted, at, depth + 1));
      return factCondition(name, wanted, at);
    }),
  );
}

function both(parts: readonly Condition[]): Condition {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return {
    facts: factsOf(parts),
    test(facts) {
      let result: Truth = true;
      for (const part of parts) {
        const truth = part.test(facts);
        if (truth === false) return false;
        if (truth === undefined) result = undefined;
      }
      return result;
    },
  };
}

const either = (parts: readonly Condition[]): Condition => negated(both(parts.map(negated)));

export function negated({ facts, test }: Condition): Condition {
  return {
    facts,
    test(values) {
      const truth = test(values);
      return truth === undefined ? undefined : !truth;
    },
  };
}

const factsOf = (parts: readonly Condition[]): FactName[] => [
  ...new Set(parts.flatMap(({ facts }) => facts)),
];

type Test = (value: Exclude<FactValue, undefined>) => Truth;

function factCondition(name: string, wanted: unknown, where: string): Condition {
  if (!Object.hasOwn(factTable, name)) {
    const group = name.split('.')[0];
    const near = Object.keys(factTable).filter((fact) => fact.startsWith(`${group}.`));
    const offer = near.length > 0 ? near : Object.keys(factTable);
    throw new PolicyError(`${where}: there is no fact «${name}»; there are ${offer.join(', ')}`);
  }
  const fact = name as FactName;
  const tests = testsOf(wanted, factTable[fact].kind, where);
  return both(
    tests.map(({ test, ofUnknown }) => ({
      facts: [fact],
      test(facts) {
        const value = facts[fact];
        return value === undefined ? ofUnknown : test(value);
      },
    })),
  );
}

interface ReadTest {
  test: Test;
  /** What it says where the fact is not known. */
  ofUnknown: Truth;
}

const plain = (test: Test): ReadTest => ({ test, ofUnknown: undefined });

function testsOf(wanted: unknown, kind: FactKind, where: string): ReadTest[] {
  if (Array.isArray(wanted) || typeof wanted !== 'object' || wanted === null) {
    return [plain(among(valuesAt(wanted, kind, where)))];
  }
  const entries = Object.entries(wanted);
  if (entries.length === 0) throw new PolicyError(`${where}: says nothing of the fact`);
  return entries.map(([operator, operand]) => readOperator(operator, operand, kind, `${where}.${operator}`));
}

const operators: { readonly [kind in FactKind]: readonly string[] } = {
  text: ['in', 'not_in', 'known'],
  place: ['in', 'not_in', 'within', 'outside', 'known'],
  set: ['has', 'lacks'],
  number: ['in', 'at_most', 'at_least', 'known'],
  'yes-no': ['in', 'known'],
};

function readOperator(operator: string, operand: unknown, kind: FactKind, where: string): ReadTest {
  if (!operators[kind].includes(operator))
    throw new PolicyError(`${where}: this fact is asked by ${operators[kind].join(', ')}`);
  switch (operator) {
    case 'within':
    case 'outside': {
      const area = areaOf(valuesAt(operand, 'place', where) as string[]);
      const asked = operator === 'within' ? area.contains : area.excludes;
      // Nowhere is in no area, and outside of all.
      return plain((value) => (value === null ? operator === 'outside' : asked(String(value))));
    }
    case 'known': {
      if (typeof operand !== 'boolean') throw new PolicyError(`${where}: must be true or false`);
      return { test: () => operand, ofUnknown: !operand };
    }
    case 'at_most':
    case 'at_least': {
      if (typeof operand !== 'number') throw new PolicyError(`${where}: must be a number`);
      return plain((value) =>
        value === null ? false : operator === 'at_most' ? Number(value) <= operand : Number(value) >= operand,
      );
    }
    default: {
      const test = among(valuesAt(operand, kind, where));
      return plain(operator === 'in' || operator === 'has' ? test : (value) => !test(value));
    }
  }
}

/** Of a set: whether any of the wanted is in it. */
function among(wanted: readonly unknown[]): (value: Exclude<FactValue, undefined>) => boolean {
  const values = new Set(wanted);
  return (value) => (Array.isArray(value) ? value.some((one) => values.has(one)) : values.has(value));
}

const typeOfKind: { readonly [kind in FactKind]: 'string' | 'number' | 'boolean' } = {
  text: 'string',
  place: 'string',
  set: 'string',
  number: 'number',
  'yes-no': 'boolean',
};

function valuesAt(operand: unknown, kind: FactKind, where: string): unknown[] {
  const values = Array.isArray(operand) ? operand : [operand];
  const type = typeOfKind[kind];
  const fits = values.every((value) => (value === null && kind !== 'set') || typeof value === type);
  if (values.length === 0 || !fits) {
    const words = { string: 'text', number: 'a number', boolean: 'true or false' }[type];
    throw new PolicyError(`${where}: must be ${words}, or a list of such`);
  }
  return values;
}

function objectAt(document: unknown, where: string): { [name: string]: unknown } {
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return document as { [name: string]: unknown };
  throw new PolicyError(`${where}: must say which facts, e.g. { "endpoint.processing": { within: [EU] } }`);
}
