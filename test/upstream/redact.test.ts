import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../src/protocol/index.ts';
import { withoutKeys } from '../../src/upstream/redact.ts';

const key = 'q7-Zx/own+key=0123';

function told(text: string, apiKey: string | undefined = key): string {
  return withoutKeys(new GatewayError('upstream_rejected', text), apiKey === undefined ? [] : [apiKey])
    .message;
}

test('the key itself and whatever looks like a key are taken out of what an upstream said', () => {
  const cases: [string, string][] = [
    [`Incorrect API key provided: ${key}.`, 'Incorrect API key provided: [redacted].'],
    [`${key}${key}`, '[redacted][redacted]'],
    ['the text was cut inside q7-Zx/own', 'the text was cut inside [redacted]'],
    ['header: Bearer abcdef0123456789', 'header: Bearer [redacted]'],
    ['authorization: BEARER eyJhbGciOi.J9', 'authorization: BEARER [redacted]'],
    ['key sk-proj-AbC_123 and sk-ant-***xyz', 'key [redacted] and [redacted]'],
    // Words stay words.
    ['Bearer authentication is required', 'Bearer authentication is required'],
    ['the risk-averse task-skeleton', 'the risk-averse task-skeleton'],
    ['the model said q7', 'the model said q7'],
  ];
  for (const [said, expected] of cases) assert.equal(told(said), expected);
});

test('a placeholder for a key is not searched for', () => {
  assert.equal(told('EMPTY input', 'EMPTY'), 'EMPTY input');
  assert.equal(told('no key at all', undefined), 'no key at all');
});

test('no field of an error keeps the key, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('message', 'detail', 'code', 'type', 'said', 'details', 'name'),
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      (field, before, after) => {
        const text = `${before}${key}${after}`;
        const at = (name: string): string => (field === name ? text : 'fine');
        const details = { list: [{ [at('name')]: at('details') }] };
        const error = withoutKeys(
          new GatewayError('upstream_rejected', at('message'), {
            detail: at('detail'),
            status: 422,
            retryAfterMs: 5,
            upstream: { status: 422, code: at('code'), type: at('type'), message: at('said'), details },
            cause: new Error(text),
          }),
          [key],
        );
        const { message, detail, upstream, stack } = error;
        assert.ok(!JSON.stringify([message, detail, upstream, stack]).includes(key));
        assert.equal(error.cause, undefined);
        assert.deepEqual([error.status, error.retryAfterMs, error.upstream?.status], [422, 5, 422]);
      },
    ),
  );
});

test('an error without keys stays the error it was', () => {
  const error = new GatewayError('upstream_rejected', 'too long', {
    upstream: { status: 400, message: 'too long', details: { a: [1, 'b'] } },
    cause: new Error('why'),
  });
  assert.equal(withoutKeys(error, [key]), error);
});
