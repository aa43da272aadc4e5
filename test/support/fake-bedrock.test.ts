import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { bedrockClient } from './bedrock-client.ts';
import { startFakeUpstream } from './fake-upstream.ts';

const upstream = await startFakeUpstream({ dialect: 'bedrock-converse', apiKey: 'k' });
after(() => upstream.close());

const client = bedrockClient(upstream.origin);
const hello: ConverseCommandInput = {
  modelId: 'eu.vendor.model-v1:0',
  messages: [{ role: 'user', content: [{ text: 'hello' }] }],
};

test('a plain Converse answer is read by AWS’s SDK, and the model is that of the path', async () => {
  upstream.setScript({ cacheReadTokens: 2, inputTokens: 9 });
  const answer = await client.send(new ConverseCommand(hello));
  assert.equal(answer.output?.message?.content?.[0]?.text, 'This is the answer of eu.vendor.model-v1:0.');
  assert.deepEqual([answer.usage?.inputTokens, answer.usage?.cacheReadInputTokens], [7, 2]);
});

test('a binary stream with thinking and a tool call is read by AWS’s SDK, also in 3-byte writes', async () => {
  upstream.setScript({
    reasoning: ['Let me ', 'see.'],
    toolCalls: [{ name: 'f', arguments: ['{"a"', ':1}'] }],
    pieceBytes: 3,
  });
  const { stream } = await client.send(new ConverseStreamCommand(hello));
  let thought = '';
  let input = '';
  let usage: unknown;
  for await (const event of stream!) {
    thought += event.contentBlockDelta?.delta?.reasoningContent?.text ?? '';
    input += event.contentBlockDelta?.delta?.toolUse?.input ?? '';
    usage = event.metadata?.usage ?? usage;
  }
  assert.deepEqual([thought, input], ['Let me see.', '{"a":1}']);
  assert.ok(usage !== undefined);
});

test('an exception in the stream is thrown by AWS’s SDK under its name', async () => {
  upstream.setScript({ errorEvent: { afterChunks: 1, type: 'throttlingException', message: 'slow down' } });
  const { stream } = await client.send(new ConverseStreamCommand(hello));
  await assert.rejects(
    async () => {
      for await (const _ of stream!);
    },
    { name: 'ThrottlingException', message: 'slow down' },
  );
});

test('what the service refuses is refused', async () => {
  upstream.setScript({});
  const refuses = (input: Partial<ConverseCommandInput>, message: RegExp) =>
    assert.rejects(client.send(new ConverseCommand({ ...hello, ...input })), { message });
  const user = hello.messages![0]!;
  await refuses({ messages: [user, user] }, /alternate/);
  await refuses({ messages: [{ role: 'user', content: [{ text: ' ' }] }] }, /blank/);
  const call = { toolUse: { toolUseId: 'a', name: 'f', input: {} } };
  await refuses({ messages: [user, { role: 'assistant', content: [call] }] }, /toolConfig/);
});
