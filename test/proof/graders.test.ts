import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gradeByRule } from '../../src/proof/graders/grade-by-rule.ts';
import { runCommand } from '../../src/proof/graders/run-command.ts';
import { graderSchema } from '../../src/proof/graders/settings.ts';
import { type ChatAnswer, clientDialects } from '../../src/protocol/index.ts';

const requestWith = (more: object = {}) =>
  clientDialects['openai-chat'].decodeRequest(
    { model: 'auto', messages: [{ role: 'user', content: 'How many?' }], ...more },
    new Uint8Array(),
  );

const answer = (...parts: ChatAnswer['parts']): ChatAnswer => ({
  id: undefined,
  model: undefined,
  parts,
  finish: { unified: 'stop', raw: undefined },
  usage: undefined,
});
const says = (text: string): ChatAnswer => answer({ type: 'text', text });
const calls = (name: string, args: object): ChatAnswer =>
  answer({
    type: 'tool-call',
    id: 'call_1',
    name,
    arguments: JSON.stringify(args),
  } as ChatAnswer['parts'][number]);

const graded = (
  graders: object[],
  reference: ChatAnswer | string,
  other: ChatAnswer | string,
  request = requestWith(),
) =>
  gradeByRule(
    {
      request,
      task: 'maths',
      reference: typeof reference === 'string' ? says(reference) : reference,
      other: typeof other === 'string' ? says(other) : other,
    },
    graders.map((one) => graderSchema.parse(one)),
  );

describe('rules that grade', () => {
  test('the reference’s answer is the key, in the form that the rule looks at', async () => {
    const cases: [object, string | ChatAnswer, string | ChatAnswer, number | undefined][] = [
      [{ kind: 'exact' }, 'Yes.', ' Yes. ', 0],
      [{ kind: 'exact' }, 'Yes.', 'Yes', 1],
      [{ kind: 'numeric' }, 'It is 1,234.', 'So the result: 1234', 0],
      [{ kind: 'numeric' }, 'It is 42.', 'It is 43.', 1],
      [{ kind: 'numeric' }, 'It is 42.', 'I do not know.', 1],
      [{ kind: 'numeric' }, 'Nobody knows.', 'It is 43.', undefined],
      [{ kind: 'choice' }, 'The answer is (B).', '答案是 B', 0],
      [{ kind: 'json' }, '{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }', 0],
      [{ kind: 'json' }, '{"a":1}', '{"a":2}', 1],
      [{ kind: 'tool-call' }, calls('find', { a: 1, b: 2 }), calls('find', { b: 2, a: 1 }), 0],
      [{ kind: 'tool-call' }, calls('find', { a: 1 }), calls('drop', { a: 1 }), 1],
      [{ kind: 'tool-call' }, 'no call', calls('drop', { a: 1 }), undefined],
      [{ kind: 'numeric', otherwise: 'ask' }, 'It is 42.', 'It is 43.', undefined],
      [{ kind: 'numeric', otherwise: 'ask' }, 'It is 42.', '42', 0],
    ];
    for (const [rule, reference, other, loss] of cases) {
      const grade = await graded([rule], reference, other);
      assert.equal(
        grade === undefined ? undefined : (grade as { loss: number }).loss,
        loss,
        JSON.stringify([rule, other]),
      );
    }
  });

  test('answers that are right or wrong by themselves are held against each other, so that one may be better', async () => {
    const rule = { kind: 'regex', pattern: '^ok' };
    assert.deepEqual(await graded([rule], 'ok', 'bad'), { grader: 'regex', loss: 1 });
    assert.deepEqual(await graded([rule], 'bad', 'ok'), { grader: 'regex', loss: -1 });
    assert.deepEqual(await graded([rule], 'bad', 'bad too'), { grader: 'regex', loss: 0 });
    const schema = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } };
    const bySchema = { kind: 'json-schema', schema };
    assert.deepEqual(await graded([bySchema], '{"n":1}', '{"n":"1"}'), { grader: 'json-schema', loss: 1 });
    assert.deepEqual(await graded([bySchema], 'no json', '{"n":1}'), { grader: 'json-schema', loss: -1 });
    const asked = requestWith({
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    });
    assert.deepEqual(await graded([{ kind: 'json-schema' }], '{"n":1}', '{}', asked), {
      grader: 'json-schema',
      loss: 1,
    });
    assert.equal(await graded([{ kind: 'json-schema' }], '{"n":1}', '{}'), undefined);
  });

  test('the first rule that applies is believed, and rules may be for some kinds of work only', async () => {
    const rules = [{ kind: 'numeric', tasks: ['code'] }, { kind: 'tool-call' }, { kind: 'exact' }];
    assert.deepEqual(await graded(rules, 'It is 42.', '42'), { grader: 'exact', loss: 1 });
    assert.deepEqual(await graded([{ kind: 'numeric', tasks: ['maths'] }, ...rules], 'It is 42.', '42'), {
      grader: 'numeric',
      loss: 0,
    });
  });

  test('a program says by its exit whether an answer is right, and is given request and answer', async () => {
    const program =
      'let t = ""; process.stdin.on("data", (d) => (t += d)).on("end", () => { const { request, answer } = JSON.parse(t); process.exit(request.includes("How many?") && answer === "42" ? 0 : 3); });';
    const rule = { kind: 'command', command: [process.execPath, '-e', program] };
    assert.deepEqual(await graded([rule], '42', '41'), { grader: 'command', loss: 1 });
    assert.deepEqual(await graded([rule], '41', '42'), { grader: 'command', loss: -1 });
    assert.equal(
      await graded([{ kind: 'command', command: ['/no/such/program'] }], '42', '41'),
      'unavailable',
    );
  });
});

describe('a program that grades', () => {
  const node = (code: string, timeoutMs = 20_000) =>
    runCommand({ command: [process.execPath, '-e', code], input: 'x'.repeat(1_000_000), timeoutMs });

  test('one that does not end is killed with what it started, and its answer is wrong', async () => {
    const started = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
    assert.equal(await node(started, 500), false);
  });

  test('it sees nothing of our environment, need not read its input, and may print what it likes', async () => {
    process.env['YUMEN_TEST_SECRET'] = 'secret';
    try {
      assert.equal(await node('process.exit(process.env.YUMEN_TEST_SECRET === undefined ? 0 : 1)'), true);
    } finally {
      delete process.env['YUMEN_TEST_SECRET'];
    }
    assert.equal(await node('process.stdout.write("y".repeat(5e6), () => process.exit(0))'), true);
    assert.equal(await node('process.exit(1)'), false);
    assert.equal(await node('process.kill(process.pid, "SIGTERM")'), undefined, 'somebody else ended it');
  });

  test('what a configuration says of it is checked at start', () => {
    assert.throws(() => graderSchema.parse({ kind: 'command', command: ['pytest'] }), /absolute path/);
    assert.throws(() => graderSchema.parse({ kind: 'magic' }));
    assert.throws(() => graderSchema.parse({ kind: 'exact', pattern: 'x' }));
  });
});
