import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import { createSealer } from '../../src/gateway/index.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { httpResponse, startRawServer } from '../support/raw-server.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const model = 'up/some-model';
const conversation = [
  { role: 'developer', content: 'Answer in French.' },
  { role: 'user', content: 'Plan a launch.' },
  { role: 'assistant', content: 'The launch is on Tuesday.' },
  { type: 'function_call', call_id: 'call_old', name: 'look', arguments: '{"q":"rooms"}' },
  { type: 'function_call_output', call_id: 'call_old', output: 'room 7' },
  { role: 'user', content: [{ type: 'input_text', text: 'Book it.' }] },
  { type: 'function_call', call_id: 'call_open', name: 'book', arguments: '{"room":7}' },
];

describe('Compaction by the model itself', () => {
  let upstream: FakeUpstream;
  let yumen: TestGateway;
  let client: OpenAI;
  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat' });
    yumen = await startYumen(`
providers:
  - { id: up, vendor: openai-compatible, base_url: "${upstream.baseUrl}" }
deployments:
  - { model: some-model, provider: up, price: { input: 1, output: 2 } }
`);
    client = new OpenAI({ baseURL: `${yumen.url}/v1`, apiKey: yumen.key, maxRetries: 0 });
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
  });
  beforeEach(() => upstream.setScript({ text: 'SUMMARY: launch on Tuesday in room 7.' }));
  const told = (): Json => (upstream.requests.at(-1)!.body as Json).messages;

  it('keeps what user and developer said, and calls without an output; the rest is summed up', async () => {
    const compacted: Json = await client.responses.compact({
      model,
      instructions: 'Be an assistant.',
      input: conversation as never,
    });
    assert.equal(compacted.object, 'response.compaction');
    assert.deepEqual(
      compacted.output.map((each: Json) => each.role ?? each.call_id ?? each.type),
      ['developer', 'user', 'user', 'compaction', 'call_open'],
    );
    assert.ok(compacted.usage.output_tokens > 0);
    const transcript: string = told().at(-1).content;
    for (const piece of ['Be an assistant.', 'Tuesday', 'look: {"q":"rooms"}', 'room 7', 'Book it.']) {
      assert.ok(transcript.includes(piece), piece);
    }
    const sealed = compacted.output[3].encrypted_content;
    assert.ok(!Buffer.from(sealed, 'base64url').includes('Tuesday') && !sealed.includes('Tuesday'));
  });

  it('is opened again when it comes back, also for an upstream of another dialect', async () => {
    const { output }: Json = await client.responses.compact({ model, input: conversation as never });
    await client.responses.create({
      model,
      input: [...output, { type: 'function_call_output', call_id: 'call_open', output: 'booked' }],
    });
    assert.deepEqual(
      told().map((message: Json) => message.role),
      ['system', 'user', 'user', 'user', 'assistant', 'tool'],
    );
    assert.match(told()[3].content, /SUMMARY: launch on Tuesday in room 7\./);
  });

  it('what is compacted once more tells the summary again', async () => {
    const once: Json = await client.responses.compact({ model, input: conversation as never });
    await client.responses.compact({ model, input: once.output });
    assert.match(told().at(-1).content, /SUMMARY: launch on Tuesday/);
  });

  it('a stored response can be compacted by its id', async () => {
    const made = await client.responses.create({ model, input: 'Remember the harbour.' });
    await client.responses.compact({ model, previous_response_id: made.id });
    assert.match(told().at(-1).content, /harbour/);
    await assert.rejects(
      Promise.resolve(client.responses.compact({ model, previous_response_id: 'resp_none' })),
      { status: 400, code: 'previous_response_not_found' },
    );
  });

  it('is a request like any other: recorded with its cost', async () => {
    const answer = await yumen.post('/v1/responses/compact', { model, input: 'Hello' });
    assert.ok(Number(answer.headers.get('x-yumen-cost-usd')) > 0);
    const id = answer.headers.get('x-request-id');
    const { body } = await yumen.api(`/api/v1/requests/${id}`);
    assert.equal(body.outcome, 'answered');
  });

  it('nobody else can bring it back, and nobody can change it', async () => {
    const { body } = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'other', role: 'caller', project: 'other' }),
    });
    const { output }: Json = await client.responses.compact({ model, input: conversation as never });
    const item = output.find((each: Json) => each.type === 'compaction');
    const input = [item, { role: 'user', content: 'Go on' }] as never;
    const other = new OpenAI({ baseURL: `${yumen.url}/v1`, apiKey: body.secret, maxRetries: 0 });
    const refusal = { status: 400, code: 'invalid_request', param: 'input[0].encrypted_content' };
    await assert.rejects(Promise.resolve(other.responses.create({ model, input })), refusal);
    const changed = { ...item, encrypted_content: `${item.encrypted_content.slice(0, -8)}AAAAAAAA` };
    await assert.rejects(
      Promise.resolve(client.responses.create({ model, input: [changed, { role: 'user', content: 'x' }] })),
      refusal,
    );
  });

  const mistakes: [string, object, string | undefined][] = [
    ['no model', { input: 'x' }, 'model'],
    ['no input', { model }, 'input'],
    ['an item that is none', { model, input: ['x'] }, 'input[0]'],
    [
      'what only another provider can read',
      { model, input: [{ type: 'compaction', encrypted_content: 'gAAAA' }] },
      'input[0]',
    ],
    ['an unknown model', { model: 'up/none-such', input: 'x' }, 'model'],
  ];
  for (const [what, body, param] of mistakes) {
    it(`refuses ${what} by its name`, async () => {
      const answer = await yumen.post('/v1/responses/compact', body);
      assert.ok(answer.status === 400 || answer.status === 404, String(answer.status));
      assert.equal(((await answer.json()) as Json).error.param, param);
    });
  }

  it('an answer without text is no summary', async () => {
    upstream.setScript({ toolCalls: [{ name: 'f', arguments: '{}' }], text: '' });
    const answer = await yumen.post('/v1/responses/compact', { model, input: 'x' });
    assert.equal(answer.status, 502);
    assert.equal(((await answer.json()) as Json).error.code, 'upstream_protocol');
  });

  it('a stranger is refused before the body is read', async () => {
    const answer = await fetch(`${yumen.url}/v1/responses/compact`, { method: 'POST', body: '{' });
    assert.equal(answer.status, 401);
  });
});

describe('Compaction by the provider', () => {
  it('passes to a provider that has it, as the client wrote it, and is recorded', async () => {
    const compacted = {
      id: 'resp_up',
      object: 'response.compaction',
      created_at: 1,
      output: [{ type: 'compaction', id: 'cmp_up', encrypted_content: 'gAAAA-native' }],
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    };
    const { origin, requests, close } = await startCompacting(compacted);
    const yumen = await startYumen(`
providers:
  - { id: one, vendor: openai, api_key: sk-1, base_url: "${origin}/v1" }
`);
    try {
      const body = { model: 'one/gpt-5', instructions: 'Be brief.', input: 'Hello', service_tier: 'flex' };
      const answer = await yumen.post('/v1/responses/compact', body);
      assert.deepEqual(await answer.json(), compacted);
      assert.deepEqual(requests[0], {
        path: '/v1/responses/compact',
        body: { ...body, model: 'gpt-5' },
      });
      const { body: record } = await yumen.api(`/api/v1/requests/${answer.headers.get('x-request-id')}`);
      assert.equal(record.usage.output_tokens, 5);
    } finally {
      await yumen.close();
      await close();
    }
  });
});

describe('createSealer()', () => {
  const secret = Buffer.alloc(32, 7);
  const sealer = createSealer(secret);

  it('opens for the tenant it was sealed for, with the secret it was sealed with', () => {
    const sealed = sealer.seal('project:a', 'text ü 玉');
    assert.equal(createSealer(secret).open('project:a', sealed), 'text ü 玉');
    assert.equal(sealer.open('project:b', sealed), undefined);
    assert.equal(createSealer(Buffer.alloc(32, 8)).open('project:a', sealed), undefined);
    assert.notEqual(sealer.seal('project:a', 'text ü 玉'), sealed);
  });

  it('does not open what was changed in any byte, or is too short', () => {
    const sealed = Buffer.from(sealer.seal('project:a', 'text'), 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      assert.equal(sealer.open('project:a', changed.toString('base64url')), undefined, `byte ${at}`);
    }
    for (const short of ['', 'AAAA', sealed.subarray(0, 20).toString('base64url')]) {
      assert.equal(sealer.open('project:a', short), undefined);
    }
  });

  it('takes no short secret', () => {
    assert.throws(() => createSealer(Buffer.alloc(31)), /32 bytes/);
  });
});

/** An upstream that answers every request with one document, and remembers what it was asked. */
async function startCompacting(document: object) {
  const requests: { path: string; body: unknown }[] = [];
  const server = await startRawServer(({ socket, text }) => {
    const [head, body] = text.split('\r\n\r\n');
    requests.push({ path: head!.split(' ')[1]!, body: JSON.parse(body!) });
    socket.write(httpResponse(JSON.stringify(document), ['content-type: application/json']));
  });
  return { origin: server.origin, requests, close: () => server.close() };
}
