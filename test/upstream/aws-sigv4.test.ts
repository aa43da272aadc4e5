import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createAwsSigner } from '../../src/upstream/credentials/aws-sigv4.ts';

interface Signed {
  method: string;
  path: string;
  headers: { [name: string]: string };
  body: Uint8Array;
}

/** The keys that AWS's documentation of the signature uses. */
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const region = 'eu-central-1';
const host = `bedrock-runtime.${region}.amazonaws.com`;

/** What AWS's own client would send; nothing leaves. */
async function sdkRequest(modelId: string, stream: boolean, sessionToken?: string): Promise<Signed> {
  let caught: Signed | undefined;
  const client = new BedrockRuntimeClient({
    region,
    credentials: sessionToken === undefined ? credentials : { ...credentials, sessionToken },
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    requestHandler: {
      async handle(request: Signed) {
        caught = request;
        throw new Error('not sent');
      },
    } as never,
  });
  const input = { modelId, messages: [{ role: 'user' as const, content: [{ text: 'hello, 玉门' }] }] };
  const sent = stream
    ? client.send(new ConverseStreamCommand(input))
    : client.send(new ConverseCommand(input));
  await assert.rejects(sent, { message: 'not sent' });
  return caught!;
}

const added = ['authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'];

for (const modelId of [
  'amazon.nova-micro-v1:0',
  'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6-v1:0',
]) {
  for (const sessionToken of [undefined, 'session/token+with=signs']) {
    test(`the signature for ${modelId} ${sessionToken === undefined ? 'without' : 'with'} a session is that of AWS’s SDK`, async () => {
      const theirs = await sdkRequest(modelId, sessionToken !== undefined, sessionToken);
      const date = theirs.headers['x-amz-date']!;
      const nowMs = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
      const signer = createAwsSigner({
        credentials: { ...credentials, sessionToken },
        region,
        service: 'bedrock',
        clock: { nowMs: () => nowMs },
      });
      const { host: theirHost, ...rest } = theirs.headers;
      assert.equal(theirHost, host);
      const headers = Object.fromEntries(Object.entries(rest).filter(([name]) => !added.includes(name)));
      const path = `/model/${encodeURIComponent(modelId)}/converse${sessionToken === undefined ? '' : '-stream'}`;
      assert.equal(theirs.path, path);
      const ours = await signer.sign({
        method: 'POST',
        url: new URL(`https://${host}${path}`),
        headers,
        body: Buffer.from(theirs.body),
      });
      const expected = Object.entries(theirs.headers).filter(([name]) => added.includes(name));
      assert.deepEqual(ours, Object.fromEntries(expected));
    });
  }
}

test('the order of query parameters and of headers does not change the signature', async () => {
  const signer = createAwsSigner({ credentials, region, service: 'bedrock', clock: { nowMs: () => 0 } });
  const sign = (query: string, headers: { [name: string]: string }) =>
    signer.sign({
      method: 'GET',
      url: new URL(`https://${host}/m?${query}`),
      headers,
      body: Buffer.alloc(0),
    });
  const one = await sign('b=2&a=1&a=0', { accept: 'x', 'content-type': 'y' });
  assert.match(
    one['authorization']!,
    /SignedHeaders=accept;content-type;host;x-amz-content-sha256;x-amz-date,/,
  );
  assert.deepEqual(await sign('a=0&a=1&b=2', { 'content-type': 'y', accept: 'x' }), one);
  assert.notDeepEqual(await sign('a=0&a=1&b=3', { 'content-type': 'y', accept: 'x' }), one);
});

test('another body, another date or another secret is another signature', async () => {
  const sign = async (body: string, nowMs: number, secretAccessKey: string) => {
    const signer = createAwsSigner({
      credentials: { ...credentials, secretAccessKey },
      region,
      service: 'bedrock',
      clock: { nowMs: () => nowMs },
    });
    const url = new URL(`https://${host}/model/m/converse`);
    const headers = await signer.sign({ method: 'POST', url, headers: {}, body: Buffer.from(body) });
    return /Signature=([0-9a-f]{64})$/.exec(headers['authorization']!)![1];
  };
  const signatures = [
    await sign('{}', 0, 'a'),
    await sign('{ }', 0, 'a'),
    await sign('{}', 1000, 'a'),
    await sign('{}', 0, 'b'),
  ];
  assert.equal(new Set(signatures).size, 4);
  assert.equal(await sign('{}', 0, 'a'), signatures[0]);
});
