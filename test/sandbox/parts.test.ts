import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { JsonObject } from '../../src/protocol/index.ts';
import { findSum, slipOf } from '../../src/sandbox/arithmetic.ts';
import { imageFacts } from '../../src/sandbox/image.ts';
import { languageOf } from '../../src/sandbox/language.ts';
import { mentionsOf } from '../../src/sandbox/mentions.ts';
import { textFromPattern } from '../../src/sandbox/pattern-text.ts';
import { createPromptCache } from '../../src/sandbox/prompt-cache.ts';
import { digestOf, randomFrom } from '../../src/sandbox/random.ts';
import { valueFor } from '../../src/sandbox/schema-value.ts';
import { countTokens, splitTokens } from '../../src/sandbox/tokens.ts';

const text = 'Book a table for 4 in Paris on 2026-12-24, mail ada@example.org';

function filled(schema: JsonObject, seed = 'x') {
  return valueFor(schema, {
    text,
    mentions: mentionsOf(text),
    random: randomFrom(digestOf(seed)),
    nowMs: Date.parse('2026-11-23T00:00:00Z'),
  });
}

test('tokens are counted as they are split, and joined they are the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (any) => {
      const tokens = splitTokens(any);
      assert.equal(tokens.length, countTokens(any));
      assert.equal(tokens.join(''), any);
    }),
  );
  assert.deepEqual(splitTokens('敦煌 abcdefgh'), ['敦', '煌', ' abc', 'defg', 'h']);
});

test('findSum() solves what is a sum and leaves alone what is not', () => {
  const cases: [string, string | undefined][] = [
    ['17*23', '391'],
    ['what is 2 + 2?', '4'],
    ['1,234 + 1', '1235'],
    ['12345678901234567890 * 2', '24691357802469135780'],
    ['7 / 2', '3.5'],
    ['-3 - -4', '1'],
    ['2^10', '1024'],
    ['six times seven', undefined],
    ['on 2026-11-23', undefined],
    ['1 / 0', undefined],
    ['9^9^9^9', undefined],
    [`${'('.repeat(60)}1+1${')'.repeat(60)}`, undefined],
    ['call 555 1234', undefined],
  ];
  for (const [ask, value] of cases) assert.equal(findSum(ask)?.value, value, ask);
});

test('a slip is never the right value and keeps its length', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), (value, seed) => {
      const wrong = slipOf(String(value), randomFrom(digestOf(seed)));
      assert.notEqual(Number(wrong), value);
      assert.equal(wrong.length, String(value).length);
    }),
  );
});

test('languageOf() reads the script', () => {
  assert.equal(languageOf('Hello'), 'en');
  assert.equal(languageOf('你好，世界'), 'zh');
  assert.equal(languageOf('今日は良い天気です'), 'ja');
  assert.equal(languageOf('오늘 날씨'), 'ko');
});

const schemas: { [name: string]: JsonObject } = {
  'an enum': { enum: ['red', 'green'] },
  'a constant': { const: { fixed: [1, 'a'] } },
  'bounded numbers': {
    type: 'object',
    properties: {
      a: { type: 'integer', minimum: 10, maximum: 12 },
      b: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
      c: { type: 'integer', multipleOf: 7, minimum: 20 },
      d: { type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 5 },
      e: { type: 'number', maximum: -5 },
    },
    required: ['a', 'b', 'c', 'd', 'e'],
    additionalProperties: false,
  },
  'bounded strings': {
    type: 'object',
    properties: {
      long: { type: 'string', minLength: 100 },
      short: { type: 'string', maxLength: 3 },
      code: { type: 'string', pattern: '^[A-Z]{3}-\\d{4}$' },
      choice: { type: 'string', pattern: '^(cat|dog)s?$' },
    },
    required: ['long', 'short', 'code', 'choice'],
  },
  'bounded arrays': {
    type: 'object',
    properties: {
      three: { type: 'array', items: { type: 'string' }, minItems: 3, maxItems: 3 },
      none: { type: 'array', items: { type: 'string' }, maxItems: 0 },
      unique: { type: 'array', items: { type: 'integer' }, minItems: 6, uniqueItems: true },
      pair: {
        type: 'array',
        prefixItems: [{ type: 'string' }, { type: 'number' }],
        items: false,
        minItems: 2,
      },
    },
    required: ['three', 'none', 'unique', 'pair'],
  },
  'references and recursion': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          left: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          children: { type: 'array', items: { $ref: '#/$defs/node' } },
        },
        required: ['name', 'left', 'children'],
        additionalProperties: false,
      },
    },
  },
  branches: {
    oneOf: [
      {
        type: 'object',
        properties: { kind: { const: 'a' }, x: { type: 'integer' } },
        required: ['kind', 'x'],
      },
      { type: 'object', properties: { kind: { const: 'b' } }, required: ['kind'] },
    ],
  },
  'all of': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: ['integer', 'null'] } }, required: ['b'] },
    ],
  },
  'a map': { type: 'object', additionalProperties: { type: 'number' }, minProperties: 3 },
  'an undeclared required key': {
    type: 'object',
    required: ['x'],
    additionalProperties: { type: 'boolean' },
  },
};

test('valueFor() makes values that validate', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const [name, schema] of Object.entries(schemas)) {
    const validate = ajv.compile(schema);
    for (let seed = 0; seed < 20; seed++) {
      const value = filled(schema, `${name}${seed}`);
      assert.ok(
        validate(value),
        `${name}: ${JSON.stringify(value)?.slice(0, 300)} ${ajv.errorsText(validate.errors)}`,
      );
    }
  }
});

test('valueFor() uses what the ask mentions', () => {
  const value = filled({
    type: 'object',
    properties: {
      city: { type: 'string' },
      guests: { type: 'integer' },
      date: { type: 'string', format: 'date' },
      email: { type: 'string', format: 'email' },
    },
    required: ['city', 'guests', 'date', 'email'],
  });
  assert.deepEqual(value, { city: 'Paris', guests: 4, date: '2026-12-24', email: 'ada@example.org' });
});

test('valueFor() stays small for schemas that would grow without end, and survives nonsense', () => {
  const wide = { type: 'object', properties: {} as { [key: string]: unknown }, required: [] as string[] };
  for (let index = 0; index < 30; index++) {
    wide.properties[`p${index}`] = { $ref: '#' };
    wide.required.push(`p${index}`);
  }
  assert.ok(JSON.stringify(filled(schemas['references and recursion']!)).length < 200_000);
  // No finite value fits these; what matters is that an answer comes.
  const twice = { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] };
  const itself = { allOf: [{ $ref: '#' }, { $ref: '#' }] };
  for (const endless of [wide, twice, itself]) assert.ok(JSON.stringify(filled(endless)).length < 2_000_000);
  for (const nonsense of [
    { $ref: '#/nowhere' },
    { type: 'array', items: 5 },
    { anyOf: [] },
    { type: 7 },
    { $ref: '#/%' },
  ]) {
    assert.doesNotThrow(() => filled(nonsense as JsonObject));
  }
});

test('textFromPattern() never runs the pattern and always ends', () => {
  const random = randomFrom(digestOf('p'));
  for (const pattern of [
    '(a+)+$',
    '((((',
    '[',
    '\\',
    'x{999}{999}',
    `${'('.repeat(5000)}`,
    '(?=lookahead)ok',
    'a|b|',
  ]) {
    assert.ok(textFromPattern(pattern, random).length <= 500, pattern);
  }
  assert.match(textFromPattern('^\\d{3}-[a-f]{2}$', random), /^\d{3}-[a-f]{2}$/);
});

test('imageFacts() reads sizes from PNG, GIF, JPEG and WebP', () => {
  const uri = (type: string, bytes: number[]) =>
    `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
  const size = (url: string) => {
    const facts = imageFacts(url);
    return facts?.kind === 'inline' ? [facts.format, facts.width, facts.height] : undefined;
  };
  const png = [
    0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 2, 128, 0, 0, 1, 224,
  ];
  assert.deepEqual(size(uri('png', png)), ['PNG', 640, 480]);
  assert.deepEqual(size(uri('gif', [71, 73, 70, 56, 57, 97, 16, 0, 32, 0])), ['GIF', 16, 32]);
  const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 0, 100, 0, 200, 3, 0, 0, 0, 0];
  assert.deepEqual(size(uri('jpeg', jpeg)), ['JPEG', 200, 100]);
  const webp = [...Buffer.from('RIFF\0\0\0\0WEBPVP8X'), 10, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 49, 0, 0];
  assert.deepEqual(size(uri('webp', webp)), ['WEBP', 100, 50]);
  assert.deepEqual(imageFacts('https://example.com/cat.png'), { kind: 'remote', host: 'example.com' });
  for (const wrong of ['', 'data:', 'data:image/png,abc', 'file:///etc/passwd', 'data:image/png;base64,']) {
    assert.equal(imageFacts(wrong), undefined, wrong);
  }
});

test('the prompt cache forgets the oldest beginnings first', () => {
  const cache = createPromptCache(10);
  const prompt = (letter: string) => letter.repeat(64 * 4 * 8);
  assert.equal(cache.see('m', prompt('a')), 0);
  assert.equal(cache.see('m', prompt('a')), 512);
  assert.equal(cache.see('other', prompt('a')), 0);
  cache.see('m', prompt('b'));
  assert.equal(cache.see('m', prompt('a')), 0);
});
