import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const model = 'up/some-model';

describe('Stored responses, in front of an upstream of another dialect', () => {
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
limits: { body_bytes_max: 20000 }
`);
    client = clientOf(yumen);
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
  });
  beforeEach(() => upstream.setScript({}));

  it('a response goes on from the one before: its input, its output, then what is new', async () => {
    upstream.setScript([{ text: 'First answer.' }, { text: 'Second answer.' }, { text: 'Third answer.' }]);
    const first = await client.responses.create({ model, instructions: 'Be brief.', input: 'One?' });
    const second = await client.responses.create({ model, previous_response_id: first.id, input: 'Two?' });
    const third = await client.responses.create({
      model,
      previous_response_id: second.id,
      instructions: 'Be long.',
      input: [{ role: 'user', content: 'Three?' }],
    });
    assert.equal(third.previous_response_id, second.id);
    assert.equal((third as Json).store, true);
    assert.equal(third.output_text, 'Third answer.');
    assert.deepEqual(saidTo(upstream), [
      ['system', 'Be long.'],
      ['user', 'One?'],
      ['assistant', 'First answer.'],
      ['user', 'Two?'],
      ['assistant', 'Second answer.'],
      ['user', 'Three?'],
    ]);
  });

  it('a streamed response is kept like a whole one, and found at once', async () => {
    upstream.setScript([{ text: ['Str', 'eamed.'] }]);
    const stream = client.responses.stream({ model, input: 'Go' });
    const opened: Json[] = [];
    for await (const event of stream) if (event.type === 'response.created') opened.push(event.response);
    const whole = await stream.finalResponse();
    assert.equal(opened[0].store, true);
    const { output_text: _, ...kept } = (await client.responses.retrieve(whole.id)) as Json;
    assert.equal(kept.store, true);
    assert.deepEqual(kept.output[0].content, [
      { type: 'output_text', text: 'Streamed.', annotations: [], logprobs: [] },
    ]);
    const next = await client.responses.create({ model, previous_response_id: whole.id, input: 'On' });
    assert.equal(next.status, 'completed');
    assert.deepEqual(
      saidTo(upstream).map(([, text]) => text),
      ['Go', 'Streamed.', 'On'],
    );
  });

  it('tools: the output of a call goes on from the answer that made it', async () => {
    upstream.setScript([
      { toolCalls: [{ id: 'call_1', name: 'f', arguments: '{"a":1}' }] },
      { text: 'Done.' },
    ]);
    const tools = [
      { type: 'function' as const, name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
    ];
    const first = await client.responses.create({ model, tools, input: 'Call f' });
    const second = await client.responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: 'call_1', output: 'seven' }],
    });
    assert.equal(second.output_text, 'Done.');
    const messages = (upstream.requests.at(-1)!.body as Json).messages;
    assert.deepEqual(
      messages.map((message: Json) => message.tool_calls?.[0]?.id ?? message.tool_call_id ?? message.role),
      ['user', 'call_1', 'call_1'],
    );
  });

  it('the output of a call that nobody made is refused by its place', async () => {
    const first = await client.responses.create({ model, input: 'Hello' });
    await refused(
      client.responses.create({
        model,
        previous_response_id: first.id,
        input: [{ type: 'function_call_output', call_id: 'call_none', output: 'x' }],
      }),
      { status: 400, code: 'invalid_request', param: 'input[0].call_id' },
    );
  });

  it('an item of an earlier answer is told again where its id is sent', async () => {
    const call = { id: 'call_1', name: 'f', arguments: '{}' };
    upstream.setScript([{ reasoning: 'Hm.', text: 'First answer.', toolCalls: [call] }, { text: 'Fine.' }]);
    const first = await client.responses.create({ model, input: 'One?' });
    const references = first.output.map(({ id }) => ({ type: 'item_reference', id }));
    const output = { type: 'function_call_output', call_id: 'call_1', output: '1' };
    const input: Json = [{ role: 'user', content: 'One?' }, ...references, output];
    const second = await client.responses.create({ model, input });
    assert.equal(second.output_text, 'Fine.');
    const said = (upstream.requests.at(-1)!.body as Json).messages;
    assert.deepEqual(
      said.map((message: Json) => [message.role, message.content, message.tool_calls?.[0].id]),
      [
        ['user', 'One?', undefined],
        ['assistant', 'First answer.', 'call_1'],
        ['tool', '1', undefined],
      ],
    );
    const kept = await client.responses.inputItems.list(second.id, { order: 'asc' });
    assert.deepEqual(
      kept.data.map(({ type }) => type),
      ['message', ...first.output.map(({ type }) => type), 'function_call_output'],
    );
  });

  it('an item that was not kept, or for somebody else, or too many are refused with the way out', async () => {
    const unkept = await client.responses.create({ model, input: 'One?', store: false });
    const refer = (id: string, times = 1): Json =>
      Array.from({ length: times }, () => ({ type: 'item_reference', id }));
    const unknown = client.responses.create({ model, input: refer(unkept.output[0]!.id!) });
    await refused(unknown, { status: 400 });
    await refused(client.responses.create({ model, input: refer('a', 513) }), { status: 400 });
  });

  it('a deleted response is gone, for good and at once', async () => {
    const made = await client.responses.create({ model, input: 'Hello' });
    await client.responses.delete(made.id);
    await refused(client.responses.retrieve(made.id), { status: 404, code: 'not_found' });
    await refused(client.responses.delete(made.id), { status: 404, code: 'not_found' });
    await refused(client.responses.create({ model, previous_response_id: made.id, input: 'On' }), {
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    });
  });

  it('nothing is kept with store false or x-yumen-no-store', async () => {
    const unstored = await client.responses.create({ model, store: false, input: 'Hello' });
    const forbidden = await client.responses.create(
      { model, input: 'Hello' },
      { headers: { 'x-yumen-no-store': 'true' } },
    );
    for (const { id, ...response } of [unstored, forbidden]) {
      assert.equal((response as Json).store, false);
      await refused(client.responses.retrieve(id), { status: 404, code: 'not_found' });
    }
  });

  it('an unstored request may go on from a stored one', async () => {
    const stored = await client.responses.create({ model, input: 'One' });
    await client.responses.create({ model, store: false, previous_response_id: stored.id, input: 'Two' });
    assert.deepEqual(
      saidTo(upstream)
        .map(([, text]) => text)
        .filter((_, at) => at !== 1),
      ['One', 'Two'],
    );
  });

  it('lists the items before an answer by pages, in both orders, each with an id', async () => {
    const first = await client.responses.create({ model, input: 'One' });
    const second = await client.responses.create({
      model,
      previous_response_id: first.id,
      input: [
        { role: 'user', content: 'Two' },
        { role: 'user', content: [{ type: 'input_text', text: 'Three' }] },
      ],
    });
    const textsOf = async (order: 'asc' | 'desc') => {
      const texts: string[] = [];
      const ids = new Set<string>();
      for await (const each of client.responses.inputItems.list(second.id, { order, limit: 1 })) {
        ids.add((each as Json).id);
        texts.push((each as Json).content[0].text);
      }
      assert.equal(ids.size, texts.length);
      return texts;
    };
    const asc = await textsOf('asc');
    assert.deepEqual([asc[0], asc[2], asc[3]], ['One', 'Two', 'Three']);
    assert.deepEqual(await textsOf('desc'), asc.toReversed());
    for (const query of ['limit=0', 'limit=x', 'order=up', 'after=nothing']) {
      const { status, body } = await yumen.api(`/v1/responses/${second.id}/input_items?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.error.param, query.split('=')[0]);
    }
  });

  it('a response belongs to the project of its key, or to the key alone', async () => {
    const keyOf = async (name: string, project?: string) => {
      const { body } = await yumen.api('/api/v1/keys', {
        method: 'POST',
        body: JSON.stringify({ name, role: 'caller', ...(project === undefined ? {} : { project }) }),
      });
      return clientOf(yumen, body.secret);
    };
    const [inA, alsoInA, inB, alone] = await Promise.all([
      keyOf('a1', 'a'),
      keyOf('a2', 'a'),
      keyOf('b1', 'b'),
      keyOf('alone'),
    ]);
    const made = await inA!.responses.create({ model, input: 'Ours' });
    assert.equal((await alsoInA!.responses.retrieve(made.id)).id, made.id);
    for (const other of [inB!, alone!, client]) {
      await refused(other.responses.retrieve(made.id), { status: 404, code: 'not_found' });
      await refused(other.responses.inputItems.list(made.id), { status: 404, code: 'not_found' });
      await refused(other.responses.delete(made.id), { status: 404, code: 'not_found' });
      await refused(other.responses.create({ model, previous_response_id: made.id, input: 'x' }), {
        status: 400,
        code: 'previous_response_not_found',
      });
    }
    const stranger = await fetch(`${yumen.url}/v1/responses/${made.id}`);
    assert.equal(stranger.status, 401);
  });

  it('nothing runs in the background, and says so', async () => {
    await refused(client.responses.create({ model, input: 'Hello', background: true }), {
      status: 400,
      param: 'background',
    });
    const made = await client.responses.create({ model, input: 'Hello' });
    await refused(client.responses.cancel(made.id), { status: 400, message: /background/ });
    await refused(client.responses.cancel('resp_none'), { status: 404 });
    await refused(client.responses.retrieve(made.id, { stream: true }), { status: 400, param: 'stream' });
  });

  it('a conversation that has grown beyond the size of a body is refused with the way out', async () => {
    const big = await client.responses.create({ model, input: 'word '.repeat(3_000) });
    await refused(
      client.responses.create({ model, previous_response_id: big.id, input: 'word '.repeat(1_500) }),
      { status: 400, code: 'body_too_large', message: /20000 bytes.*body_bytes_max/ },
    );
  });

  it('an answer that failed or was cut off is not kept', async () => {
    upstream.setScript([{ errorEvent: { afterChunks: 1, message: 'broken' }, text: ['a', 'b', 'c'] }]);
    let id = '';
    await assert.rejects(async () => {
      const stream = await client.responses.create({ model, stream: true, input: 'Go' });
      for await (const event of stream) {
        if (event.type === 'response.created') id = event.response.id;
        if (event.type === 'error') throw new Error('an error event');
      }
    });
    await refused(client.responses.retrieve(id), { status: 404 });
  });

  it('a dry run shows the decision and keeps nothing', async () => {
    const answer = await yumen.post(
      '/v1/responses',
      { model, input: 'Hello' },
      { 'x-yumen-dry-run': 'true' },
    );
    assert.equal(answer.status, 200);
    assert.ok(((await answer.json()) as Json).candidates.length > 0);
  });
});

describe('Stored responses, with nothing to be kept', () => {
  it('keep_days 0: a response is given and not found again', async () => {
    const upstream = await startFakeUpstream({ dialect: 'openai-chat' });
    const yumen = await startYumen(`
providers:
  - { id: up, vendor: openai-compatible, base_url: "${upstream.baseUrl}" }
deployments:
  - { model: some-model, provider: up }
responses: { keep_days: 0 }
`);
    try {
      const client = clientOf(yumen);
      const made = await client.responses.create({ model, input: 'Hello' });
      assert.equal((made as Json).store, false);
      await refused(client.responses.retrieve(made.id), { status: 404 });
    } finally {
      await yumen.close();
      await upstream.close();
    }
  });
});

describe('Stored responses, in front of providers that speak Responses', () => {
  let upstream: FakeUpstream;
  let chat: FakeUpstream;
  let yumen: TestGateway;
  let client: OpenAI;
  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-responses' });
    chat = await startFakeUpstream({ dialect: 'openai-chat' });
    yumen = await startYumen(`
providers:
  - { id: one, vendor: openai, api_key: sk-1, base_url: "${upstream.baseUrl}" }
  - { id: two, vendor: openai, api_key: sk-2, base_url: "${upstream.baseUrl}" }
  - { id: chat, vendor: openai-compatible, base_url: "${chat.baseUrl}" }
deployments:
  - { model: gpt-5, provider: chat, name: gpt-5 }
routes:
  both: { reference: one/gpt-5, candidates: [one/gpt-5, two/gpt-5], target: { quality: 0.9 } }
  mixed: { reference: one/gpt-5, candidates: [one/gpt-5, chat/gpt-5], target: { quality: 0.9 } }
`);
    client = clientOf(yumen);
  });
  after(async () => {
    await yumen.close();
    await Promise.all([upstream.close(), chat.close()]);
  });
  beforeEach(() => upstream.setScript({}));
  const sent = (): Json => upstream.requests.at(-1)!.body;

  it('what one provider keeps is gone on from there, by its id alone', async () => {
    upstream.setScript([{ body: responseOf('resp_up_1', { store: true }) }, {}]);
    await client.responses.create({ model: 'one/gpt-5', input: 'One' });
    assert.deepEqual(sent(), { model: 'gpt-5', input: 'One' });
    await client.responses.create({ model: 'one/gpt-5', previous_response_id: 'resp_up_1', input: 'Two' });
    assert.deepEqual(sent(), { model: 'gpt-5', previous_response_id: 'resp_up_1', input: 'Two' });
    const listed = await client.responses.inputItems.list('resp_up_1');
    assert.equal(listed.data.length, 1);
  });

  it('a reference to an item of what the provider keeps stays one, and is told again elsewhere', async () => {
    upstream.setScript([{ body: responseOf('resp_up_3', { store: true }) }, {}, {}]);
    const first = await client.responses.create({ model: 'one/gpt-5', input: 'One' });
    const { id } = first.output[0]!;
    const input: Json = [
      { role: 'user', content: 'One' },
      { type: 'item_reference', id },
      { role: 'user', content: 'Two' },
    ];
    await client.responses.create({ model: 'one/gpt-5', input });
    assert.deepEqual(sent().input, input);
    await client.responses.create({ model: 'chat/gpt-5', input });
    assert.deepEqual(
      saidTo(chat).map(([, text]) => text),
      ['One', 'An answer.', 'Two'],
    );
  });

  it('what it does not keep is told again', async () => {
    upstream.setScript([{ body: responseOf('resp_up_2', { store: false }) }, {}]);
    await client.responses.create({ model: 'one/gpt-5', input: 'One' });
    const next = await client.responses.create({
      model: 'one/gpt-5',
      previous_response_id: 'resp_up_2',
      input: 'Two',
    });
    assert.equal(next.previous_response_id, 'resp_up_2');
    assert.deepEqual(
      sent().input.map((each: Json) => each.content[0].text),
      ['One', 'An answer.', 'Two'],
    );
    assert.equal(sent().previous_response_id, undefined);
  });

  it('an id that nobody here knows passes, for the provider may know it; what came before it is not known', async () => {
    const next = await client.responses.create({
      model: 'one/gpt-5',
      previous_response_id: 'resp_elsewhere',
      input: 'Two',
    });
    assert.equal(sent().previous_response_id, 'resp_elsewhere');
    await refused(client.responses.retrieve(next.id), { status: 404 });
  });

  it('where several may serve, none is left to keep it, and its thinking comes back encrypted', async () => {
    upstream.setScript([{ reasoning: 'Hm.', text: 'First.' }, {}]);
    const first = await client.responses.create({ model: 'both', input: 'One' });
    assert.equal((first as Json).store, true);
    assert.equal(sent().store, false);
    assert.deepEqual(sent().include, ['reasoning.encrypted_content']);
    await client.responses.create({ model: 'both', previous_response_id: first.id, input: 'Two' });
    assert.deepEqual(
      sent().input.map((each: Json) => each.type),
      ['message', 'reasoning', 'message', 'message'],
    );
    assert.equal(sent().input[2].id, undefined);
    await refused(
      client.responses.create({ model: 'mixed', previous_response_id: 'resp_elsewhere', input: 'x' }),
      { status: 400, code: 'previous_response_not_found' },
    );
  });

  it('a conversation moves from a provider that speaks Responses to one that does not', async () => {
    upstream.setScript([{ text: 'First.' }]);
    const first = await client.responses.create({ model: 'one/gpt-5', input: 'One' });
    const second = await client.responses.create({
      model: 'chat/gpt-5',
      previous_response_id: first.id,
      input: 'Two',
    });
    assert.equal(second.previous_response_id, first.id);
    assert.deepEqual(
      saidTo(chat).map(([, text]) => text),
      ['One', 'First.', 'Two'],
    );
  });

  it('context_management reaches a provider that has it, and is listed as dropped elsewhere', async () => {
    const context_management = [{ type: 'compaction', compact_threshold: 100_000 }];
    const passed = await yumen.post('/v1/responses', { model: 'one/gpt-5', input: 'x', context_management });
    assert.equal(passed.headers.get('x-yumen-dropped-params'), null);
    assert.deepEqual(sent().context_management, context_management);
    const dropped = await yumen.post('/v1/responses', {
      model: 'chat/gpt-5',
      input: 'x',
      context_management,
    });
    assert.equal(dropped.status, 200);
    assert.equal(dropped.headers.get('x-yumen-dropped-params'), 'context_management');
  });
});

function responseOf(id: string, more: object): object {
  return {
    id,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-5',
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'An answer.', annotations: [], logprobs: [] }],
      },
    ],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    ...more,
  };
}

function clientOf(yumen: TestGateway, key = yumen.key): OpenAI {
  return new OpenAI({ baseURL: `${yumen.url}/v1`, apiKey: key, maxRetries: 0 });
}

/** Role and text of each message that the upstream saw last. */
function saidTo(upstream: FakeUpstream): [string, string][] {
  const { messages } = upstream.requests.at(-1)!.body as Json;
  return messages.map(({ role, content }: Json) => [
    role,
    typeof content === 'string' ? content : content[0].text,
  ]);
}

async function refused(
  call: PromiseLike<unknown>,
  expected: { status: number; code?: string; param?: string; message?: RegExp },
): Promise<void> {
  await assert.rejects(Promise.resolve(call), (thrown) => {
    assert.ok(thrown instanceof OpenAI.APIError, String(thrown));
    const { status, code, param, message } = thrown;
    assert.deepEqual(
      {
        status,
        ...(expected.code === undefined ? {} : { code }),
        ...(expected.param === undefined ? {} : { param }),
      },
      {
        status: expected.status,
        ...(expected.code === undefined ? {} : { code: expected.code }),
        ...(expected.param === undefined ? {} : { param: expected.param }),
      },
      message,
    );
    if (expected.message !== undefined) assert.match(message, expected.message);
    return true;
  });
}
