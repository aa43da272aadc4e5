import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { eventually } from '../support/eventually.ts';
import { type FakeServices, type ServiceRequest, startFakeServices } from '../support/fake-services.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const image = { created: 1, data: [{ b64_json: 'aGk=' }, { b64_json: 'aG8=' }] };

/** A form's parts by name, as the upstream sees them. */
async function formOf({ headers, bytes }: ServiceRequest): Promise<FormData> {
  const type = String(headers['content-type']);
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
}

function config(openai: FakeServices, other: FakeServices): string {
  return `
providers:
  - { id: oa, vendor: openai, api_key: sk-upstream-openai, base_url: "${openai.origin}/v1" }
  - { id: mirror, vendor: openai, api_key: sk-upstream-mirror, base_url: "${other.origin}/v1" }
deployments:
  - { model: my-image, provider: oa, name: gpt-image-1, kind: image, price: { input: 5, output: 40 } }
  - { model: my-whisper, provider: oa, name: whisper-large-v3-turbo, kind: audio, price: { input: 1, output: 2 } }
  - { model: my-voice, provider: oa, name: tts-1, kind: audio }
`;
}

describe('endpoints that pass through', () => {
  let openai: FakeServices;
  let other: FakeServices;
  let yumen: TestGateway;
  let client: OpenAI;

  before(async () => {
    [openai, other] = await Promise.all([startFakeServices({}), startFakeServices({})]);
    yumen = await startYumen(config(openai, other));
    client = new OpenAI({ apiKey: yumen.key, baseURL: `${yumen.url}/v1`, maxRetries: 0 });
  });
  after(async () => {
    await yumen.close();
    await Promise.all([openai.close(), other.close()]);
  });
  beforeEach(() => {
    for (const fake of [openai, other]) {
      fake.requests.length = 0;
      fake.answers = {};
    }
  });

  async function record(id: string | null): Promise<Json> {
    return (await yumen.api(`/api/v1/requests/${id}`)).body;
  }

  async function keyWith(body: Json): Promise<string> {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', ...body }),
    });
    return made.body.secret;
  }

  test('images: the model is named in the provider’s words, usage, images and cost are on record', async () => {
    openai.answers['POST /v1/images/generations'] = () => ({
      json: { ...image, usage: { input_tokens: 10, output_tokens: 100, total_tokens: 110 } },
    });
    const { data, response } = await client.images
      .generate({ model: 'my-image', prompt: 'a gate', n: 2 })
      .withResponse();
    assert.equal(data.data?.[1]?.b64_json, 'aG8=');
    assert.deepEqual(openai.requests[0]!.json, { model: 'gpt-image-1', prompt: 'a gate', n: 2 });
    const found = await record(response.headers.get('x-request-id'));
    assert.deepEqual(
      [found.service, found.usage.input_tokens, found.usage.output_tokens, found.units, found.cost_nano_usd],
      ['images', 10, 100, { images: 2 }, '4050000'],
    );
  });

  test('images as a stream pass event by event, and the event with the usage waits for the record', async () => {
    const done = {
      type: 'image_generation.completed',
      b64_json: 'aGk=',
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    };
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    openai.answers['POST /v1/images/generations'] = () => ({
      headers: { 'content-type': 'text/event-stream' },
      chunks: [
        'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image"}\n\n',
        `event: image_generation.completed\ndata: ${JSON.stringify(done)}\n\n`,
      ],
      gate: () => opened,
    });
    const { data: stream, response } = await client.images
      .generate({ model: 'my-image', prompt: 'a gate', stream: true })
      .withResponse();
    const seen: string[] = [];
    for await (const event of stream) {
      seen.push(event.type);
      open();
    }
    assert.deepEqual(seen, ['image_generation.partial_image', 'image_generation.completed']);
    const found = await record(response.headers.get('x-request-id'));
    assert.deepEqual([found.stream, found.usage.output_tokens, found.cost_nano_usd], [true, 2, '85000']);
  });

  test('speech: bytes flow as they come, with their type, and the last of them waits for the record', async () => {
    const audio = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
    openai.answers['POST /v1/audio/speech'] = () => ({
      headers: { 'content-type': 'audio/mpeg', 'content-length': String(audio.length) },
      chunks: [audio.subarray(0, 1000), audio.subarray(1000)],
    });
    const response = await client.audio.speech.create({ model: 'my-voice', voice: 'alloy', input: 'hello' });
    assert.equal(response.headers.get('content-type'), 'audio/mpeg');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), audio);
    const found = await record(response.headers.get('x-request-id'));
    assert.deepEqual(
      [found.service, found.outcome, found.usage, found.cost_usd],
      ['audio', 'answered', null, null],
    );
  });

  test('an answer that is cut is never given a clean end', async () => {
    let cut: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      cut = resolve;
    });
    openai.answers['POST /v1/audio/speech'] = () => ({
      headers: { 'content-type': 'audio/mpeg' },
      chunks: ['half', 'more'],
      gate: () => seen,
      reset: true,
    });
    const response = await yumen.post('/v1/audio/speech', { model: 'my-voice', voice: 'alloy', input: 'x' });
    cut();
    await assert.rejects(response.arrayBuffer());
    const found = await eventually(async () => {
      const body = await record(response.headers.get('x-request-id'));
      return body.outcome === undefined ? undefined : body;
    });
    assert.deepEqual([found.outcome, found.error], ['failed', 'stream_interrupted']);
  });

  test('transcription: the form passes with another model named in it, whichever part comes first', async () => {
    openai.answers['POST /v1/audio/transcriptions'] = () => ({
      json: { text: 'hi', usage: { type: 'tokens', input_tokens: 12, output_tokens: 3, total_tokens: 15 } },
    });
    const sound = Buffer.alloc(300_000, '\r\n--not the boundary');
    const { data, response } = await client.audio.transcriptions
      .create({ file: await toFile(sound, 'a.wav'), model: 'my-whisper', language: 'en' })
      .withResponse();
    assert.equal(data.text, 'hi');
    const form = await formOf(openai.requests[0]!);
    assert.equal(form.get('model'), 'whisper-large-v3-turbo');
    assert.equal(form.get('language'), 'en');
    assert.deepEqual(Buffer.from(await (form.get('file') as File).arrayBuffer()), sound);
    const found = await record(response.headers.get('x-request-id'));
    assert.deepEqual([found.usage.input_tokens, found.cost_nano_usd], [12, '18000']);
  });

  test('a form that names two models is refused, also when the second comes late: the provider never has it whole', async () => {
    openai.answers['POST /v1/audio/transcriptions'] = () => ({ json: { text: 'hi' } });
    const part = (name: string, value: string) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    for (const filling of [10, 3_000_000]) {
      const body = `${part('model', 'my-whisper')}${part('file', 'x'.repeat(filling))}${part('model', 'oa/other')}--b--\r\n`;
      const response = await yumen.post('/v1/audio/transcriptions', body, {
        'content-type': 'multipart/form-data; boundary=b',
      });
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as Json).error.message, /model is given more than once/);
    }
    assert.equal(openai.requests.length, 0);
    openai.answers['POST /v1/images/generations'] = () => ({ json: image });
    assert.equal(
      (await yumen.post('/v1/images/generations', { model: 'my-image', prompt: 'x' })).status,
      200,
    );
  });

  test('an upload streams through while it is still being sent', async () => {
    let first: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      first = resolve;
    });
    const raw = await startRawUpload(first);
    const gateway = await startYumen(`
providers:
  - { id: oa, vendor: openai, api_key: sk-upstream-openai, base_url: "http://127.0.0.1:${raw.port}/v1" }
limits: { body_bytes_max: 4096 }
`);
    try {
      const outgoing = httpRequest(`${gateway.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${gateway.key}`,
          'content-type': 'multipart/form-data; boundary=b',
        },
      });
      const answered = once(outgoing, 'response');
      outgoing.write(
        '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\noa/whisper-1\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n',
      );
      outgoing.write(Buffer.alloc(3000, 'a'));
      // The second half is sent only after the upstream has seen the first.
      await arrived;
      outgoing.write(Buffer.alloc(100_000, 'b'));
      outgoing.end('\r\n--b--\r\n');
      const [response] = (await answered) as [import('node:http').IncomingMessage];
      assert.equal(response.statusCode, 200);
      response.resume();
      assert.ok(raw.received() > 103_000);
      assert.match(raw.text(), /name="model"\r\n\r\nwhisper-1\r\n/);
    } finally {
      await gateway.close();
      await raw.close();
    }
  });

  test('a file in front of its model may be as long as any body, and no longer', async () => {
    const gateway = await startYumen(`
providers:
  - { id: oa, vendor: openai, api_key: sk-upstream-openai, base_url: "${openai.origin}/v1" }
limits: { body_bytes_max: 4096 }
`);
    try {
      const sdk = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
      const file = await toFile(Buffer.alloc(50_000), 'a.wav');
      await assert.rejects(
        sdk.audio.transcriptions.create({ file, model: 'oa/whisper-1' }),
        (error: Json) => {
          assert.equal(error.status, 413);
          assert.match(error.message, /send it before the file/);
          return true;
        },
      );
    } finally {
      await gateway.close();
    }
  });

  test('moderations go to the provider that is named, and to none where several could be meant', async () => {
    other.answers['POST /v1/moderations'] = () => ({ json: { id: 'm', model: 'omni', results: [] } });
    const ambiguous = await yumen.post('/v1/moderations', { input: 'x' });
    assert.equal(ambiguous.status, 400);
    assert.match(
      ((await ambiguous.json()) as Json).error.message,
      /Several providers have moderations \(oa, mirror\): name one/,
    );
    const named = new OpenAI({
      apiKey: yumen.key,
      baseURL: `${yumen.url}/v1`,
      defaultHeaders: { 'x-yumen-provider': 'mirror' },
    });
    const made = await named.moderations.create({ input: 'x', model: 'omni-moderation-latest' });
    assert.equal(made.id, 'm');
    assert.equal(other.requests[0]!.headers.authorization, 'Bearer sk-upstream-mirror');
    const byModel = await yumen.post('/v1/moderations', { input: 'x', model: 'mirror/omni-2' });
    assert.equal(byModel.status, 200);
    assert.equal(other.requests[1]!.json.model, 'omni-2');
    assert.equal((await yumen.post('/v1/moderations?provider=mirror', { input: 'x' })).status, 200);
    assert.equal(other.requests[2]!.query.get('provider'), null);
    const absent = await yumen.post('/v1/moderations?provider=nobody', { input: 'x' });
    assert.match(
      ((await absent.json()) as Json).error.message,
      /There is no provider «nobody» with moderations; there are oa, mirror/,
    );
  });

  test('what OpenAI has no endpoint for is not passed on', async () => {
    for (const path of ['/v1/images/secret', '/v1/audio/..%2Ffiles', '/v1/audio/speech/%2e%2e%2ffiles']) {
      const response = await yumen.post(path, { model: 'my-image' });
      assert.ok([404, 405].includes(response.status), `${path}: ${response.status}`);
    }
    assert.equal(openai.requests.length + other.requests.length, 0);
  });

  test('the client’s departure ends the upstream call, and is on record', async () => {
    openai.answers['POST /v1/audio/speech'] = () => ({
      headers: { 'content-type': 'audio/mpeg' },
      chunks: ['a', 'b'],
      gate: () => new Promise(() => {}),
    });
    const leaving = new AbortController();
    const response = await fetch(`${yumen.url}/v1/audio/speech`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { authorization: `Bearer ${yumen.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'my-voice', voice: 'v', input: 'x' }),
    });
    leaving.abort();
    const found = await eventually(async () => {
      const body = await record(response.headers.get('x-request-id'));
      return body.outcome === undefined ? undefined : body;
    });
    assert.equal(found.outcome, 'aborted');
  });

  describe('files and batches', () => {
    /** A provider's account that all tenants share. */
    const account = new Map<string, Json>();

    beforeEach(() => {
      account.clear();
      let made = 0;
      const page = (kind: string) => (request: ServiceRequest) => {
        const all = [...account.values()].filter(({ object }) => object === kind).reverse();
        const after = all.findIndex(({ id }) => id === request.query.get('after')) + 1;
        const limit = Math.min(3, Number(request.query.get('limit')));
        const data = all.slice(after, after + limit);
        return { json: { object: 'list', data, has_more: after + limit < all.length } };
      };
      openai.answers['GET /v1/files'] = page('file');
      openai.answers['GET /v1/batches'] = page('batch');
      const put = (object: Json): Json => {
        account.set(object.id, object);
        for (const [path, answer] of [
          ['GET', () => ({ json: account.get(object.id) })],
          [
            'DELETE',
            () => ({ json: { id: object.id, object: object.object, deleted: account.delete(object.id) } }),
          ],
        ] as const) {
          openai.answers[`${path} /v1/${object.object === 'file' ? 'files' : 'batches'}/${object.id}`] =
            answer;
        }
        return object;
      };
      openai.answers['POST /v1/files'] = () => {
        made += 1;
        const object = put({ id: `file-${made}`, object: 'file', purpose: 'batch' });
        openai.answers[`GET /v1/files/${object.id}/content`] = () => ({
          headers: { 'content-type': 'application/octet-stream' },
          chunks: [`content of ${object.id}\n`, 'and more'],
        });
        return { json: object };
      };
      openai.answers['POST /v1/batches'] = ({ json }) => {
        made += 1;
        const object = put({
          id: `batch-${made}`,
          object: 'batch',
          input_file_id: json.input_file_id,
          status: 'validating',
        });
        openai.answers[`POST /v1/batches/${object.id}/cancel`] = () => ({
          json: { ...object, status: 'cancelling' },
        });
        return { json: object };
      };
    });

    async function tenant(project: string | undefined): Promise<OpenAI> {
      return new OpenAI({
        apiKey: await keyWith(project === undefined ? {} : { project }),
        baseURL: `${yumen.url}/v1`,
        maxRetries: 0,
        defaultHeaders: { 'x-yumen-provider': 'oa' },
      });
    }

    const upload = async (sdk: OpenAI, headers = {}) =>
      sdk.files.create(
        { file: await toFile(Buffer.from('{}\n'), 'in.jsonl'), purpose: 'batch' },
        { headers },
      );

    test('a project sees, reads and deletes its own files, and nobody else’s', async () => {
      const [mine, colleague, stranger, loner] = await Promise.all([
        tenant('blue'),
        tenant('blue'),
        tenant('red'),
        tenant(undefined),
      ]);
      const file = await upload(mine);
      await upload(stranger);
      const form = await formOf(openai.requests[0]!);
      assert.equal(form.get('purpose'), 'batch');
      assert.equal(await (form.get('file') as File).text(), '{}\n');
      assert.equal((await colleague.files.retrieve(file.id)).id, file.id);
      assert.equal(await (await mine.files.content(file.id)).text(), `content of ${file.id}\nand more`);
      const seen = openai.requests.length;
      for (const sdk of [stranger, loner]) {
        await assert.rejects(sdk.files.retrieve(file.id), { status: 404 });
        await assert.rejects(sdk.files.content(file.id), { status: 404 });
        await assert.rejects(sdk.files.delete(file.id), { status: 404 });
      }
      assert.equal(openai.requests.length, seen);
      assert.deepEqual(
        (await mine.files.list()).data.map(({ id }) => id),
        [file.id],
      );
      assert.deepEqual((await loner.files.list()).data, []);
      assert.equal((await mine.files.delete(file.id)).deleted, true);
      await assert.rejects(mine.files.retrieve(file.id), { status: 404 });
    });

    test('a question about a file is refused where another project owns it, and asked where nobody is known to', async () => {
      const [mine, stranger] = await Promise.all([tenant('violet'), tenant('brown')]);
      const file = await upload(mine);
      openai.answers['POST /v1/chat/completions'] = () => ({
        json: {
          id: 'c',
          object: 'chat.completion',
          created: 1,
          model: 'gpt-4o',
          choices: [{ index: 0, message: { role: 'assistant', content: 'Read.' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        },
      });
      const ask = (sdk: OpenAI, id: string) =>
        sdk.chat.completions.create({
          model: 'oa/gpt-4o',
          messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }],
        });
      const before = openai.requests.length;
      await assert.rejects(ask(stranger, file.id), (thrown) => {
        assert.ok(thrown instanceof OpenAI.BadRequestError);
        assert.match(thrown.message, /no file «file-\d+»/);
        return true;
      });
      assert.equal(openai.requests.length, before);
      assert.equal((await ask(mine, file.id)).choices[0]!.message.content, 'Read.');
      assert.equal((await ask(stranger, 'file-uploaded-elsewhere')).choices[0]!.message.content, 'Read.');
    });

    test('a listing finds one’s own among the pages of the others', async () => {
      const [mine, stranger] = await Promise.all([tenant('green'), tenant('grey')]);
      const own: string[] = [];
      for (let i = 0; i < 8; i++) {
        if (i % 3 === 0) own.unshift((await upload(mine)).id);
        else await upload(stranger);
      }
      const seen: string[] = [];
      for await (const file of mine.files.list({ limit: 2 })) seen.push(file.id);
      assert.deepEqual(seen, own);
      const { response } = await mine.files.list().withResponse();
      const { attempts } = await record(response.headers.get('x-request-id'));
      assert.deepEqual(
        attempts.map(({ outcome }: Json) => outcome),
        ['answered', 'answered', 'answered'],
      );
    });

    test('a batch runs where its file is, and what it writes belongs to the same project', async () => {
      const [mine, stranger] = await Promise.all([tenant('gold'), tenant('lead')]);
      const file = await upload(mine);
      const wanted = {
        input_file_id: file.id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      } as const;
      await assert.rejects(stranger.batches.create(wanted), {
        status: 404,
        message: /There is no file with this id/,
      });
      const batch = await mine.batches.create(wanted);
      assert.equal((await mine.batches.cancel(batch.id)).status, 'cancelling');
      await assert.rejects(stranger.batches.cancel(batch.id), { status: 404 });
      account.set('file-out', { id: 'file-out', object: 'file' });
      openai.answers['GET /v1/files/file-out'] = () => ({ json: account.get('file-out') });
      await assert.rejects(mine.files.retrieve('file-out'), { status: 404 });
      account.set(batch.id, { ...account.get(batch.id), status: 'completed', output_file_id: 'file-out' });
      assert.equal((await mine.batches.retrieve(batch.id)).status, 'completed');
      assert.equal((await mine.files.retrieve('file-out')).id, 'file-out');
      await assert.rejects(stranger.files.retrieve('file-out'), { status: 404 });
      assert.deepEqual(
        (await mine.batches.list()).data.map(({ id }) => id),
        [batch.id],
      );
    });

    test('x-yumen-no-store forbids to make one', async () => {
      const mine = await tenant('blue');
      await assert.rejects(upload(mine, { 'x-yumen-no-store': 'true' }), {
        status: 403,
        message: /x-yumen-no-store forbids/,
      });
      assert.equal(openai.requests.length, 0);
    });

    test('each call is on record; looking costs nothing, a batch is of unknown cost', async () => {
      const secret = await keyWith({ project: 'cyan', limits: { budget_usd_per_day: 1 } });
      const headers = { authorization: `Bearer ${secret}` };
      const form = new FormData();
      form.append('purpose', 'batch');
      form.append('file', new Blob(['{}']), 'in.jsonl');
      const made = await fetch(`${yumen.url}/v1/files?provider=oa`, { method: 'POST', headers, body: form });
      const { id } = (await made.json()) as Json;
      const found = await record(made.headers.get('x-request-id'));
      assert.deepEqual([found.service, found.model, found.cost_nano_usd], ['files', 'oa/files', '0']);
      const batch = await yumen.post('/v1/batches', { input_file_id: id }, headers);
      assert.equal(batch.status, 403);
      assert.match(((await batch.json()) as Json).error.message, /price is unknown/);
      const bad = await yumen.post('/v1/batches', {}, headers);
      assert.match(((await bad.json()) as Json).error.message, /input_file_id must be/);
      const narrow = await keyWith({ project: 'cyan', models: ['my-image'] });
      const refused = await fetch(`${yumen.url}/v1/files?provider=oa`, {
        headers: { authorization: `Bearer ${narrow}` },
      });
      assert.equal(refused.status, 403);
    });
  });
});

/** An upstream that tells of the first bytes of a body, answers at its end, and remembers how long it was. */
async function startRawUpload(first: () => void) {
  const { createServer } = await import('node:http');
  let bytes = 0;
  let head = '';
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (head.length < 4096) head += chunk.toString('latin1');
      if (bytes >= 3000) first();
    });
    request.on('end', () =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"text":"ok"}'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as import('node:net').AddressInfo).port,
    received: () => bytes,
    text: () => head,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
