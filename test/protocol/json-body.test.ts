import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GatewayError, parseJsonBody } from '../../src/protocol/index.ts';

function messageFor(bytes: Uint8Array): string {
  try {
    parseJsonBody(bytes);
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    assert.equal(thrown.code, 'invalid_json');
    assert.equal(thrown.status, 400);
    return thrown.message;
  }
  return 'parsed';
}

function check(text: string, expected: RegExp | string): void {
  const message = messageFor(Buffer.from(text));
  if (typeof expected === 'string') assert.equal(message, expected);
  else assert.match(message, expected);
}

describe('parseJsonBody()', () => {
  it('gives the object', () => {
    assert.deepEqual(parseJsonBody(Buffer.from('\ufeff {"a":[1,"玉"]}\n')), { a: [1, '玉'] });
  });

  it('accepts lone surrogates written as escapes, and keeps them so', () => {
    const body = parseJsonBody(Buffer.from('{"a":"\\ud800"}'));
    assert.equal(JSON.stringify(body), '{"a":"\\ud800"}');
  });

  const broken: [string, RegExp][] = [
    ['', /body is empty/],
    ['[1]', /must be a JSON object, and it is an array/],
    ['null', /it is null/],
    ['"x"', /it is a string/],
    ['{"a":1', /ends too early, "," or "}" was expected/],
    ['{"a":"b', /ends too early, a closing quote was expected/],
    ['{"a":x}', /a value was expected at line 1, column 6/],
    ['{"a":1,}', /a key in double quotes was expected at line 1, column 8/],
    ['{"a":1,\n "b" 2}', /":" was expected at line 2, column 6/],
    ['{"a":[1 2]}', /"," or "]" was expected at line 1, column 9/],
    ['{"a":1} x', /the end of the body was expected at line 1, column 9/],
    ['{a:1}', /a key in double quotes was expected at line 1, column 2/],
    ["{'a':1}", /a key in double quotes was expected at line 1, column 2/],
    ['{"a":"\t"}', /an escaped control character was expected at line 1, column 7/],
    ['{"a":"\\x"}', /a known escape was expected at line 1, column 7/],
    ['{"a":"\\u12g4"}', /four hexadecimal digits/],
    ['{"a":01}', /"," or "}" was expected at line 1, column 7/],
    ['{"a":NaN}', /a value was expected at line 1, column 6/],
  ];
  for (const [text, expected] of broken) {
    it(`says where ${JSON.stringify(text)} breaks`, () => check(text, expected));
  }

  it('says at which byte the text is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"玉'), Buffer.from([0xff]), Buffer.from('"}')]);
    assert.match(messageFor(bytes), /not valid UTF-8 from byte 9 on/);
    assert.match(messageFor(Buffer.from('{"a":"玉').subarray(0, 8)), /not valid UTF-8 from byte 6 on/);
  });

  it('refuses nesting beyond jsonDepthMax and accepts it up to there', () => {
    const nested = (depth: number) => Buffer.from(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    assert.equal(messageFor(nested(256)), 'parsed');
    assert.match(messageFor(nested(257)), /more than 256 deep/);
    assert.match(messageFor(Buffer.from('['.repeat(5_000_000))), /more than 256 deep/);
    const wide = Buffer.from(`{"a":"${'['.repeat(400)}\\"","b":[${'[],'.repeat(400)}1]}`);
    assert.equal(messageFor(wide), 'parsed');
  });

  it('never quotes the text, wherever it is cut or damaged', () => {
    const secret = 'correct-horse-battery-staple';
    const text = JSON.stringify({ messages: [{ content: secret }], n: [1, { secret }] });
    fc.assert(
      fc.property(fc.nat(text.length), fc.constantFrom('', '\\', '"', '{', 'x', ','), (at, damage) => {
        const message = messageFor(Buffer.from(text.slice(0, at) + damage + text.slice(at + 1)));
        assert.ok(!message.includes('horse'), message);
        assert.ok(!message.includes('too early, the end'), message);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a repeated key that decides about the request, and only such a key', () => {
    const value = fc.jsonValue().map((json) => JSON.stringify(json));
    const name = fc.constantFrom('model', 'n', '\\u006e', 'stream', 'seed', 'x', 'a"b', 'messages');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.constantFrom('', ' ', '\n\t'), (members, space) => {
        const keys = members.map(([key]) => JSON.parse(`"${key.replace('"', '\\"')}"`) as string);
        const written = members.map(
          ([key, json]) => `${space}"${key.replace('"', '\\"')}"${space}:${space}${json}${space}`,
        );
        const text = Buffer.from(`${space}{${written.join(',') || space}}${space}`);
        const repeated = keys.find(
          (key, index) => ['model', 'n', 'stream', 'messages'].includes(key) && keys.indexOf(key) < index,
        );
        if (repeated === undefined) {
          assert.deepEqual(Object.keys(parseJsonBody(text)).sort(), [...new Set(keys)].sort());
          return;
        }
        assert.throws(
          () => parseJsonBody(text),
          (thrown: GatewayError) => thrown.code === 'invalid_request' && thrown.param === repeated,
        );
      }),
    );
  });

  it('refuses a repeated key that decides in any dialect', () => {
    for (const key of [
      'input',
      'contents',
      'background',
      'max_output_tokens',
      'generationConfig',
      'thinking',
    ]) {
      assert.throws(
        () => parseJsonBody(Buffer.from(`{"${key}":1,"x":2,"${key}":3}`)),
        (thrown: GatewayError) => thrown.code === 'invalid_request' && thrown.param === key,
      );
    }
  });
});
