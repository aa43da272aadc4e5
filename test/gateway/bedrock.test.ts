import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import OpenAI from 'openai';
import { bedrockClient } from '../support/bedrock-client.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen } from '../support/start-yumen.ts';

const openai = await startFakeUpstream({ dialect: 'openai-chat' });
const bedrock = await startFakeUpstream({ dialect: 'bedrock-converse', apiKey: 'aws-key' });
const signed = await startFakeUpstream({ dialect: 'bedrock-converse' });
const profile = 'eu.anthropic.claude-haiku-4-5-20251001-v1:0';
const gateway = await startYumen(`
providers:
  - { id: openai, vendor: openai, api_key: sk-upstream-openai, base_url: "${openai.baseUrl}" }
  - { id: aws, vendor: bedrock, region: eu-central-1, api_key: aws-key, base_url: "${bedrock.origin}" }
  - id: aws-iam
    vendor: bedrock
    region: eu-central-1
    aws: { access_key_id: AKIDEXAMPLE, secret_access_key: not-a-secret }
    base_url: "${signed.origin}"
deployments:
  - { provider: aws, model: claude-haiku-4-5, name: "${profile}" }
  - { provider: aws-iam, model: claude-haiku-4-5, name: "${profile}" }
`);
const client = bedrockClient(gateway.url, gateway.key);
const chat = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
after(async () => {
  client.destroy();
  await gateway.close();
  await Promise.all([openai.close(), bedrock.close(), signed.close()]);
});

const ask = (modelId: string): ConverseCommandInput => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: 'hi' }] }],
  toolConfig: {
    tools: [
      {
        toolSpec: {
          name: 'f',
          inputSchema: { json: { type: 'object', properties: { a: { type: 'string' } } } },
        },
      },
    ],
  },
});

async function streamed(modelId: string) {
  const { stream } = await client.send(new ConverseStreamCommand(ask(modelId)));
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream!) events.push(event);
  return {
    thought: events.map((event) => event.contentBlockDelta?.delta?.reasoningContent?.text ?? '').join(''),
    call: events.find((event) => event.contentBlockStart)?.contentBlockStart?.start?.toolUse?.name,
    input: events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join(''),
    stop: events.find((event) => event.messageStop)?.messageStop?.stopReason,
    usage: events.at(-1)?.metadata?.usage,
  };
}

const script = {
  reasoning: ['I ', 'see.'],
  toolCalls: [{ name: 'f', arguments: ['{"a":', '"b"}'] }],
  inputTokens: 9,
};

test('AWS’s SDK speaks with a Bedrock upstream through the gateway, byte for byte', async () => {
  bedrock.setScript({ ...script, pieceBytes: 7 });
  const index = bedrock.requests.length;
  const seen = await streamed('aws/claude-haiku-4-5');
  assert.deepEqual(
    [seen.thought, seen.call, seen.input, seen.stop],
    ['I see.', 'f', '{"a":"b"}', 'tool_use'],
  );
  const { serverToolUsage: _s, ...reported } = bedrock.served[index]!.usageReported as {
    [key: string]: unknown;
  };
  assert.deepEqual(seen.usage, reported);
  const { path, headers, body } = bedrock.requests[index]!;
  assert.equal(path, `/model/${encodeURIComponent(profile)}/converse-stream`);
  assert.equal(headers.authorization, 'Bearer aws-key');
  const { modelId: _, ...sent } = ask('');
  assert.deepEqual(body, sent);
});

test('AWS’s SDK speaks with an upstream of another dialect, streamed and whole', async () => {
  openai.setScript(script);
  const seen = await streamed('openai/gpt-4o');
  assert.deepEqual(
    [seen.thought, seen.call, seen.input, seen.stop],
    ['I see.', 'f', '{"a":"b"}', 'tool_use'],
  );
  assert.equal(seen.usage?.inputTokens, 9);
  openai.setScript({ text: 'hello' });
  const answer = await client.send(new ConverseCommand(ask('openai/gpt-4o')));
  assert.deepEqual(answer.output?.message?.content, [{ text: 'hello' }]);
});

test('a chat client speaks with a Bedrock upstream, streamed and whole', async () => {
  bedrock.setScript({ text: ['hel', 'lo'], cacheReadTokens: 3, inputTokens: 9 });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  const whole = await chat.chat.completions.create({ model: 'aws/claude-haiku-4-5', messages });
  assert.equal(whole.choices[0]!.message.content, 'hello');
  assert.deepEqual([whole.usage?.prompt_tokens, whole.usage?.prompt_tokens_details?.cached_tokens], [9, 3]);
  const stream = chat.chat.completions.stream({ model: 'aws/claude-haiku-4-5', messages });
  assert.equal(await stream.finalContent(), 'hello');
});

test('a provider with AWS credentials signs its requests', async () => {
  signed.setScript({ text: 'hello' });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  await chat.chat.completions.create({ model: 'aws-iam/claude-haiku-4-5', messages });
  const { headers } = signed.requests.at(-1)!;
  assert.match(
    headers.authorization!,
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=[a-z0-9;-]*\bhost;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
});

test('errors have the names that AWS’s SDK throws, before and inside a stream', async () => {
  await assert.rejects(client.send(new ConverseCommand(ask('no-such-model'))), {
    name: 'ResourceNotFoundException',
  });
  await assert.rejects(bedrockClient(gateway.url, 'wrong').send(new ConverseCommand(ask('openai/gpt-4o'))), {
    name: 'AccessDeniedException',
  });
  openai.setScript({ text: ['a', 'b'], errorEvent: { afterChunks: 1, message: 'broken' } });
  await assert.rejects(streamed('openai/gpt-4o'), { name: 'ModelStreamErrorException' });
});
