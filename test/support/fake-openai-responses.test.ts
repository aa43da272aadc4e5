import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import OpenAI from 'openai';
import { startFakeUpstream } from './fake-upstream.ts';

const upstream = await startFakeUpstream({ dialect: 'openai-responses', apiKey: 'k' });
after(() => upstream.close());
const client = new OpenAI({ apiKey: 'k', baseURL: upstream.baseUrl, maxRetries: 0 });

const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'c1', output: '1' };
const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA-fake-1' };
const schema = { type: 'object', properties: { a: { type: 'string' } } };

test('a whole answer and a stream say the same to OpenAI’s SDK, also in 3-byte writes', async () => {
  const reply = {
    reasoning: ['Let me ', 'see.'],
    text: ['One ', '二.'],
    toolCalls: [{ id: 'c1', name: 'f', arguments: ['{"a"', ':1}'] }],
    inputTokens: 9,
    cacheReadTokens: 2,
    pieceBytes: 3,
  };
  upstream.setScript([reply, reply]);
  const body = { model: 'gpt-5', input: 'hi' };
  const whole = await client.responses.create(body);
  const streamed = await client.responses.stream(body).finalResponse();
  assert.equal(whole.output_text, 'One 二.');
  assert.deepEqual(
    whole.output.map(({ type }) => type),
    ['reasoning', 'message', 'function_call'],
  );
  assert.equal(whole.usage?.input_tokens_details.cached_tokens, 2);
  const shown = ({ output: items, usage }: typeof whole) => [items.map(({ type }) => type), usage];
  assert.deepEqual(shown(streamed), shown(whole));
  assert.equal(streamed.output_text, whole.output_text);
});

const refusals: [string, object, RegExp][] = [
  ['an unknown field', { stop: ['x'] }, /Unknown parameter: 'stop'/],
  ['a limit below 16', { max_output_tokens: 15 }, />= 16/],
  ['an effort where the model has none', { reasoning: { effort: 'low' } }, /reasoning.effort/],
  ['an unknown item', { input: [{ type: 'thinking' }] }, /Invalid value: 'thinking'/],
  ['an unknown field of an item', { input: [{ ...call, parsed_arguments: {} }, output] }, /parsed_arguments/],
  [
    'the part of another role',
    { input: [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }] },
    /input_text/,
  ],
  ['a call without an output', { input: [call] }, /No tool output found for function call c1/],
  ['an output without a call', { input: [output] }, /No tool call found/],
  [
    'an item that is there twice',
    { input: [thought, { type: 'item_reference', id: 'rs_1' }, call, output] },
    /Duplicate/,
  ],
  [
    'a reference to what is not stored',
    { store: false, input: [{ type: 'item_reference', id: 'rs_2' }, call, output] },
    /not found/,
  ],
  [
    'a thought that others encrypted',
    { input: [{ ...thought, encrypted_content: 'x' }, call, output] },
    /verified/,
  ],
  ['a thought that nothing follows', { input: [thought, { role: 'user', content: 'x' }] }, /following item/],
  [
    'a strict schema that is loose',
    { text: { format: { type: 'json_schema', name: 'a', schema, strict: true } } },
    /additionalProperties/,
  ],
  [
    'a strict tool that is loose',
    { tools: [{ type: 'function', name: 'f', parameters: schema, strict: true }] },
    /additionalProperties/,
  ],
];
for (const [what, fields, message] of refusals) {
  test(`refuses ${what}`, async () => {
    const body = {
      model: 'gpt-4o',
      input: 'hi',
      ...fields,
    } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    await assert.rejects(client.responses.create(body), (thrown) => {
      assert.ok(thrown instanceof OpenAI.BadRequestError);
      assert.match(thrown.message, message);
      return true;
    });
  });
}

test('takes back what it gave', async () => {
  const input = [{ role: 'user', content: 'hi' }, thought, call, output] as OpenAI.Responses.ResponseInput;
  upstream.setScript({ text: 'Fine.' });
  assert.equal((await client.responses.create({ model: 'gpt-5', input })).output_text, 'Fine.');
});
