import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/protocol/index.ts';
import { matchesSchema } from '../../../src/router/answer/checks/json-schema.ts';
import { testPattern } from '../../../src/router/answer/checks/safe-pattern.ts';

describe('matchesSchema()', () => {
  it('agrees with another validator on schemas and values made at random', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false });
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        // Beside `prefixItems` the other one forgets that an empty list contains nothing.
        const text = JSON.stringify(schema);
        fc.pre(!(text.includes('"contains"') && /"prefixItems"|"dependentRequired"/.test(text)));
        const own = matchesSchema(value, schema);
        const other = judged(ajv, schema, value);
        // The other one's code for some schemas throws.
        fc.pre(other !== undefined);
        assert.equal(own, other, JSON.stringify({ schema, value }));
      }),
      { numRuns: 600 },
    );
  });

  it('follows references within the schema, also recursive ones', () => {
    const tree = {
      $defs: {
        node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, additionalProperties: false },
      },
      $ref: '#/$defs/node',
    };
    assert.equal(matchesSchema({ next: { next: {} } }, tree), true);
    assert.equal(matchesSchema({ next: { other: 1 } }, tree), false);
  });

  it('leaves undecided what leads out of the schema or has no end', () => {
    assert.equal(matchesSchema(1, { $ref: 'https://example.com/schema' }), undefined);
    assert.equal(matchesSchema(1, { $ref: '#/$defs/none' }), undefined);
    assert.equal(matchesSchema(1, { $ref: '#' }), undefined);
    const wide = {
      anyOf: Array.from({ length: 200 }, () => ({
        allOf: Array.from({ length: 200 }, () => ({ type: 'number' })).concat([{ type: 'string' }]),
      })),
    };
    assert.equal(matchesSchema(1, wide), undefined);
  });

  it('knows the spellings of other dialects', () => {
    assert.equal(matchesSchema(null, { type: 'string', nullable: true }), true);
    assert.equal(matchesSchema('a', { type: 'STRING' }), true);
    assert.equal(matchesSchema(1, { type: 'STRING' }), false);
    assert.equal(matchesSchema({}, { type: 'dict' }), true);
    assert.equal(matchesSchema(0.3, { multipleOf: 0.1 }), true);
    assert.equal(matchesSchema(1e-12, { multipleOf: 1 }), false);
  });

  it('is not misled by names that every object has', () => {
    assert.equal(matchesSchema({}, { required: ['toString'] }), false);
    assert.equal(
      matchesSchema(JSON.parse('{"__proto__": 1}'), { properties: {}, additionalProperties: false }),
      false,
    );
  });
});

describe('testPattern()', () => {
  it('runs patterns that cannot take long', () => {
    assert.equal(testPattern('^\\d{4}-\\d{2}-\\d{2}$', '2026-02-28'), true);
    assert.equal(testPattern('^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$', 'a@example.org'), true);
    assert.equal(testPattern('^(red|green|blue)$', 'grey'), false);
    assert.equal(testPattern('^(\\+\\d{1,3})?[\\d -]{6,12}$', '+47 22 22 22 22'), true);
    assert.equal(testPattern('^[a-z_-]+$', 'a-b_c'), true);
  });

  it('refuses patterns that could take exponential or high polynomial time, and such as are none', () => {
    const text = `${'a'.repeat(100)}!`;
    for (const pattern of [
      '(a+)+$',
      '(a|a)*$',
      '(a|aa)+$',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '(.*)*x',
      'a*a*a*a*a*b',
      '(',
      ')',
      '[',
    ]) {
      assert.equal(testPattern(pattern, text), undefined, pattern);
    }
    assert.equal(testPattern('a?'.repeat(40) + 'a'.repeat(40), 'a'.repeat(40)), undefined);
    assert.equal(testPattern('^a', 'a'.repeat(20_000)), undefined);
  });
});

function judged(ajv: Ajv2020, schema: JsonObject, value: unknown): boolean | undefined {
  try {
    return ajv.validate(schema, value);
  } catch {
    return undefined;
  }
}

/** At the ends of what a double holds both validators round, each in its own way. */
const plainJson = fc
  .jsonValue({ maxDepth: 3 })
  .filter((any) => !/\de[+-]?\d|\.\d{7}|\d{10}/.test(JSON.stringify(any)));

const values = plainJson.chain((any) =>
  fc.oneof(
    fc.constant(any),
    fc.record(
      {
        a: fc.oneof(fc.integer({ min: -3, max: 9 }), fc.string({ maxLength: 4 })),
        b: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
      },
      { requiredKeys: [] },
    ),
    fc.integer({ min: -3, max: 9 }),
    fc.constantFrom(null, true, 'x', 'yy', 1.5),
    fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('x')), { maxLength: 4 }),
  ),
);

const leaf = fc.constantFrom<JsonObject | boolean>({}, true, false, { type: 'integer' }, { type: 'string' });

/** A few keywords at a time; schemas within schemas to a small depth. */
function schemasTo(depth: number): fc.Arbitrary<JsonObject> {
  const sub: fc.Arbitrary<unknown> = depth === 0 ? leaf : fc.oneof(leaf, schemasTo(depth - 1));
  const list = fc.array(sub, { minLength: 1, maxLength: 3 });
  const small = fc.integer({ min: 0, max: 4 });
  const type = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object');
  const keywords: { [keyword: string]: fc.Arbitrary<unknown> } = {
    type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
    enum: fc.uniqueArray(fc.constantFrom(1, 2, 'x', null, true), { minLength: 1, maxLength: 3 }),
    const: fc.constantFrom<unknown>(1, 'x', null, [1]),
    minimum: small,
    exclusiveMaximum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: small,
    maxLength: small,
    pattern: fc.constantFrom('^x', 'y$', '^[a-z]+$'),
    items: sub,
    prefixItems: list,
    minItems: small,
    maxItems: small,
    uniqueItems: fc.boolean(),
    contains: sub,
    properties: fc.record({ a: sub, b: sub }, { requiredKeys: [] }),
    patternProperties: fc.record({ '^[ab]$': sub }),
    additionalProperties: sub,
    propertyNames: fc.constantFrom<JsonObject>({ maxLength: 1 }, {}),
    required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    dependentRequired: fc.constant({ a: ['b'] }),
    maxProperties: small,
    allOf: list,
    anyOf: list,
    oneOf: list,
    not: sub,
    if: sub,
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits this object.
    then: sub,
    else: sub,
  };
  const entries = Object.entries(keywords).map(([keyword, value]) => fc.tuple(fc.constant(keyword), value));
  return fc
    .array(fc.oneof(...entries), { minLength: 1, maxLength: 5 })
    .map((pairs) => Object.fromEntries(pairs));
}

const schemas = schemasTo(2);
