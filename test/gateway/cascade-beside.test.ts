import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeGuardrail } from '../support/fake-guardrail.ts';
import { check, startFourModels, vote } from '../support/four-models.ts';
import type { Json } from '../support/start-yumen.ts';

const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };
const path = '/v1/chat/completions';

for (const stream of [false, true]) {
  test(`a guardrail sees the answer that was chosen and no other, and may replace it (stream: ${stream})`, async () => {
    const guard = await startFakeGuardrail();
    const models = await startFourModels(
      '{ checks: true, votes: true, hold_ms: 5000 }',
      `guardrails: [{ name: g, url: "${guard.url}", when: [after] }]\n`,
    );
    try {
      models.yumen.force({ plan: vote });
      models.a.setScript({ text: 'It is 41.' });
      models.b.setScript({ text: 'It is 42.' });
      models.c.setScript({ text: 'I count 42' });
      guard.judge = () => ({ action: 'replace', answer: { text: 'It is a number.' } });
      const response = await models.yumen.post(path, { ...ask, stream });
      assert.match(await response.text(), /It is a number\./);
      assert.deepEqual(
        guard.seen.map(({ answer }: Json) => answer.parts[0].text),
        ['It is 42.'],
      );
      const record = await models.yumen.recordOf(response);
      assert.deepEqual(
        [record.cascade.accepted, record.attempts_count, record.guardrails.length],
        ['b/model-b', 3, 1],
      );
    } finally {
      await models.close();
      await guard.close();
    }
  });
}

test('a conversation of the Responses API goes on from the answer that was chosen', async () => {
  const models = await startFourModels('{ checks: true, votes: true, hold_ms: 5000 }');
  try {
    models.yumen.force({ plan: check });
    models.a.setScript({ text: '' });
    models.r.setScript({ text: 'The reference says forty-two.' });
    const first = await models.yumen.post('/v1/responses', {
      model: 'auto',
      input: 'What is it?',
      store: true,
    });
    const { id } = (await first.json()) as Json;
    models.a.setScript({ text: 'Forty-three.' });
    const next = { model: 'auto', input: 'And one more?', previous_response_id: id, stream: true };
    const second = await models.yumen.post('/v1/responses', next);
    assert.match(await second.text(), /Forty-three\./);
    const seen = JSON.stringify(models.a.requests.at(-1)!.body);
    assert.match(seen, /What is it\?[\s\S]*The reference says forty-two\.[\s\S]*And one more\?/);
  } finally {
    await models.close();
  }
});

test('an escalated answer that calls a tool is one that the client can go on from', async () => {
  const models = await startFourModels();
  const tools = [
    {
      type: 'function',
      function: {
        name: 'look',
        parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
      },
    },
  ];
  try {
    models.yumen.force({ plan: check });
    models.a.setScript({ toolCalls: [{ name: 'look', arguments: '{"at":' }] });
    models.r.setScript({ toolCalls: [{ id: 'call_r', name: 'look', arguments: '{"at":"it"}' }] });
    const response = await models.yumen.post(path, { ...ask, tools });
    const [call] = ((await response.json()) as Json).choices[0].message.tool_calls;
    assert.deepEqual([call.id, call.function.arguments], ['call_r', '{"at":"it"}']);
    const record = await models.yumen.recordOf(response);
    assert.deepEqual(record.cascade.faults, { 'a/model-a': ['invalid-tool-arguments'] });
  } finally {
    await models.close();
  }
});
