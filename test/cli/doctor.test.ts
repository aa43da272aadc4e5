import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import { runCli } from '../../src/cli/program.ts';
import { type CheckResult, type Diagnosis, examine } from '../../src/doctor/index.ts';
import { createProvider, type Provider } from '../../src/providers/index.ts';
import { nanoPerUsd, systemClock } from '../../src/std/index.ts';
import { openSqliteStore } from '../../src/storage/index.ts';
import { createSigners, createUndiciTransport } from '../../src/upstream/index.ts';
import { type AbleModelChange, ableModel } from '../support/able-model.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeUpstream, type FakeUpstreamOptions, startFakeUpstream } from '../support/fake-upstream.ts';
import { httpResponse, startRawServer } from '../support/raw-server.ts';
import { startYumen } from '../support/start-yumen.ts';

const key = 'sk-doctor-test-0123456789abcdef';
const root = mkdtempSync(join(tmpdir(), 'yumen-doctor-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

interface Examined {
  code: number;
  out: string;
  err: string;
  folder: string;
  results: CheckResult[];
  findings: { deployment: string; capability: string; value: boolean | number }[];
  spentUsd: number;
}

interface ConfigEntry {
  [field: string]: unknown;
}

/** Runs the real command with a configuration of one provider and one deployment. */
async function doctor(
  provider: ConfigEntry,
  deployment: ConfigEntry | undefined = {},
  args: string[] = [],
): Promise<Examined> {
  const config = {
    providers: [{ id: 'p', vendor: 'openai-compatible', api_key: key, ...provider }],
    deployments: [
      {
        model: 'fake-model',
        provider: 'p',
        price: { input: 0.1, output: 0.4 },
        context_tokens: 20_000,
        capabilities: { tools: true, parallel_tools: true, json_schema: true, image_input: true },
        ...deployment,
      },
    ],
  };
  return run(config, args);
}

async function run(config: unknown, args: string[] = []): Promise<Examined> {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'yumen.yaml'), JSON.stringify(config));
  const examined: Examined = { code: 0, out: '', err: '', folder, results: [], findings: [], spentUsd: 0 };
  await runCli(['doctor', '--json', ...args], {
    out: (text) => {
      examined.out += text;
    },
    err: (text) => {
      examined.err += text;
    },
    exitCode: (code) => {
      examined.code = code;
    },
    env: { YUMEN_PROBE_ENGINES: 'false' },
    cwd: folder,
  });
  assert.ok(!`${examined.out}${examined.err}`.includes(key), 'the key is never told');
  if (examined.out !== '') {
    const { results, findings, spent_usd: spentUsd } = JSON.parse(examined.out);
    Object.assign(examined, { results, findings, spentUsd });
  }
  return examined;
}

async function upstream(t: TestContext, options: Partial<FakeUpstreamOptions> = {}): Promise<FakeUpstream> {
  const fake = await startFakeUpstream({ dialect: 'openai-chat', script: ableModel(), ...options });
  t.after(() => fake.close());
  return fake;
}

/** An upstream that lacks what `change` takes from an able model, examined. */
async function lacking(
  t: TestContext,
  change: AbleModelChange,
  provider: ConfigEntry = {},
  deployment: ConfigEntry = {},
): Promise<Examined> {
  const fake = await upstream(t, { script: ableModel(change) });
  return doctor({ base_url: fake.baseUrl, ...provider }, deployment);
}

function problems({ results }: Pick<Examined, 'results'>, status = 'fault'): string[] {
  return results.flatMap((result) =>
    result.status === status && 'problem' in result ? [result.problem] : [],
  );
}

/** Exactly this fault was found, and nothing else. */
function finds(examined: Examined, problem: string): CheckResult {
  assert.deepEqual([problems(examined), examined.code], [[problem], 1], examined.out + examined.err);
  const result = examined.results.find((each) => 'problem' in each && each.problem === problem)!;
  assert.ok('remedy' in result && result.remedy !== undefined, 'it says what would make it right');
  return result;
}

function finding(examined: Examined, capability: string): boolean | number | undefined {
  return examined.findings.find((each) => each.capability === capability)?.value;
}

describe('doctor finds planted misconfigurations by name', () => {
  test('1 a wrong key', async (t) => {
    const fake = await upstream(t, { apiKey: 'sk-the-right-one' });
    finds(await doctor({ base_url: fake.baseUrl }), 'wrong-key');
  });

  test('1b one of several keys is wrong', async (t) => {
    const fake = await upstream(t, { apiKey: 'sk-the-right-one' });
    const examined = await doctor({
      base_url: fake.baseUrl,
      api_key: undefined,
      api_keys: ['sk-the-right-one', { key, id: 'spare' }],
    });
    assert.match(finds(examined, 'wrong-key').says, /spare/);
  });

  test('2 a key of another region', async (t) => {
    const cn = await upstream(t, { apiKey: 'key-of-global' });
    // Its list of models wants the key too, as at the vendors whose keys are bound to a region.
    const global = await startRawServer(({ socket, text }) => {
      const good = text.includes(`Bearer ${key}`);
      socket.write(
        good
          ? httpResponse('{"data":[{"id":"fake-model"}]}')
          : 'HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n',
      );
    });
    t.after(() => global.close());
    const settings = { id: 'p', vendor: 'moonshot', apiKey: key, baseUrl: cn.baseUrl };
    const made = createProvider(settings);
    const region = (baseUrl: string) => ({ baseUrl, processing: undefined, storage: undefined });
    const provider: Provider = {
      ...made,
      region: 'cn',
      vendor: {
        ...made.vendor,
        balance: undefined,
        regions: { cn: region(cn.baseUrl), global: region(`${global.origin}/v1`) },
      },
    };
    const { results } = await examineDirectly(provider);
    const [found] = results.filter((result) => result.status === 'fault');
    assert.ok(found !== undefined && 'problem' in found);
    assert.equal(found.problem, 'key-of-another-region');
    assert.match(found.says, /belongs to region «global»/);
    assert.match(found.remedy ?? '', /region: global/);
  });

  test('3 an account without balance, by the vendor’s error and by the vendor’s balance', async (t) => {
    const error = { message: 'Insufficient Balance', type: 'unknown_error' };
    const refused = await lacking(t, { always: { status: 402, error } }, { vendor: 'deepseek' });
    finds(refused, 'no-balance');
    const fake = await upstream(t);
    const server = await startRawServer(({ socket, text }) => {
      const body = text.startsWith('GET /user/balance')
        ? '{"is_available":false,"balance_infos":[{"currency":"CNY","total_balance":"0.00"}]}'
        : '{"data":[{"id":"fake-model"}]}';
      const isGet = text.startsWith('GET ');
      if (isGet) socket.write(httpResponse(body));
      else
        void fetch(`${fake.baseUrl}/chat/completions`, {
          method: 'POST',
          body: text.slice(text.indexOf('\r\n\r\n') + 4),
        })
          .then((response) => response.text())
          .then((answer) => socket.write(httpResponse(answer)));
    });
    t.after(() => server.close());
    const told = await doctor({ vendor: 'deepseek', base_url: `${server.origin}/v1` }, undefined, [
      '--skip',
      'stream,system,tools,json-schema,image,context',
    ]);
    assert.match(finds(told, 'no-balance').says, /0 CNY/);
  });

  test('4 a wrong name of the model, with names that are near', async (t) => {
    const error = { message: 'The model `fake-modle` does not exist', code: 'model_not_found' };
    const fake = await upstream(t, { script: ableModel({ always: { status: 404, error } }) });
    const examined = await doctor({ base_url: fake.baseUrl }, { name: 'fake-modle' });
    const found = finds(examined, 'unknown-model');
    assert.match('remedy' in found ? (found.remedy ?? '') : '', /fake-model/);
  });

  test('5 streams without usage', async (t) => {
    const examined = await lacking(t, { instead: { 'Count from 1': { text: ['1 ', '2'], usage: 'never' } } });
    finds(examined, 'no-stream-usage');
  });

  test('6 thinking that cannot be switched off as it is configured', async (t) => {
    const examined = await lacking(
      t,
      { thinks: () => true },
      { vendor: 'vllm' },
      { capabilities: { tools: true, reasoning: 'optional' } },
    );
    finds(examined, 'thinking-not-switchable');
    assert.equal(finding(examined, 'thinking-off'), false);
    assert.equal(finding(examined, 'thinking-on'), true);
  });

  test('7 tool calls that come as text', async (t) => {
    const text = '<tool_call>\n{"name": "read_thermometer", "arguments": {"place": "Oslo"}}\n</tool_call>';
    const examined = await lacking(t, { instead: { read_thermometer: { text } } });
    finds(examined, 'tools-as-text');
    assert.equal(finding(examined, 'tools'), false);
  });

  test('8 a context that is smaller than declared, without a word', async (t) => {
    const examined = await lacking(t, { keepsChars: 16_000 });
    finds(examined, 'context-truncated');
    assert.equal(finding(examined, 'context-tokens'), 4096);
  });

  test('8b a context that is smaller than declared, as the server itself says', async (t) => {
    const server = await startRawServer(({ socket, text }) => {
      if (text.startsWith('GET ')) {
        socket.write(httpResponse('{"data":[{"id":"fake-model","max_model_len":8192}]}'));
        return;
      }
      const message = { role: 'assistant', content: 'pong cormorant' };
      const usage = { prompt_tokens: 9, completion_tokens: 2 };
      socket.write(httpResponse(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }], usage })));
    });
    t.after(() => server.close());
    const examined = await doctor({ vendor: 'vllm', base_url: `${server.origin}/v1` }, { capabilities: {} }, [
      '--skip',
      'stream,tools,json-schema',
    ]);
    finds(examined, 'context-smaller');
    assert.equal(finding(examined, 'context-tokens'), 8192);
  });

  test('8c a context that has become as large as declared is no longer held against it', async (t) => {
    let tokens = 8192;
    const server = await startRawServer(({ socket, text }) => {
      if (text.startsWith('GET ')) {
        socket.write(httpResponse(`{"data":[{"id":"fake-model","max_model_len":${tokens}}]}`));
        return;
      }
      const message = { role: 'assistant', content: 'pong cormorant' };
      const usage = { prompt_tokens: 9, completion_tokens: 2 };
      socket.write(httpResponse(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }], usage })));
    });
    t.after(() => server.close());
    const dataFolder = join(root, 'larger');
    const kept = async (): Promise<unknown> => {
      await doctor({ vendor: 'vllm', base_url: `${server.origin}/v1` }, { capabilities: {} }, [
        ...['--skip', 'stream,tools,json-schema', '--data-dir', dataFolder],
      ]);
      const store = await openSqliteStore({ dataFolder });
      const findings = await store.findings.list();
      await store.close();
      return findings.find(({ capability }) => capability === 'context-tokens')?.value;
    };
    assert.equal(await kept(), 8192);
    tokens = 65_536;
    assert.equal(await kept(), true);
  });

  test('9 a stream in one piece, and one without its terminal event', async (t) => {
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1).join(' ');
    finds(await lacking(t, { instead: { 'Count from 1': { text: numbers } } }), 'not-streamed');
    const message = { role: 'assistant', content: numbers };
    const usage = { prompt_tokens: 20, completion_tokens: 60 };
    const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage };
    finds(await lacking(t, { instead: { 'Count from 1': { body } } }), 'not-streamed');
    const open = { text: ['1 ', '2 ', '3'], omitTerminal: true };
    finds(await lacking(t, { instead: { 'Count from 1': open } }), 'no-terminal-event');
  });

  test('10 a JSON schema that is ignored', async (t) => {
    const examined = await lacking(t, { instead: { 'about the sky': { text: 'The sky is blue.' } } });
    finds(examined, 'json-schema-ignored');
    assert.equal(finding(examined, 'json-schema'), false);
  });

  test('11 an address without its version path, and one with a wrong path', async (t) => {
    const fake = await upstream(t);
    const bare = finds(await doctor({ base_url: fake.origin }), 'wrong-path');
    assert.equal('remedy' in bare && bare.remedy, `set base_url: ${fake.baseUrl}`);
    const page = '<!doctype html><title>404</title>';
    const site = await startRawServer(({ socket }) => {
      const head = `HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: ${page.length}`;
      socket.write(`${head}\r\n\r\n${page}`);
    });
    t.after(() => site.close());
    finds(await doctor({ base_url: `${site.origin}/api/wrong` }), 'wrong-path');
  });

  test('12 an address that refuses connections, and one whose certificate is not trusted', async (t) => {
    const closed = await startRawServer(() => {});
    await closed.close();
    finds(await doctor({ base_url: `${closed.origin}/v1` }), 'refused');
    const pem = (name: string) => readFileSync(join(import.meta.dirname, '..', 'support', 'tls', name));
    const server = createServer({ cert: pem('loopback-cert.pem'), key: pem('loopback-key.pem') });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    finds(await doctor({ base_url: `https://127.0.0.1:${port}/v1` }), 'tls');
  });
});

describe('doctor raises no false alarm', () => {
  const credentials = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'secret-secret-secret' };
  const providers: [FakeUpstreamOptions['dialect'], ConfigEntry][] = [
    ['openai-chat', { vendor: 'openai-compatible' }],
    ['openai-responses', { vendor: 'openai', dialect: 'openai-responses' }],
    ['anthropic-messages', { vendor: 'anthropic' }],
    ['gemini', { vendor: 'gemini' }],
    ['bedrock-converse', { vendor: 'bedrock', region: 'us-east-1', api_key: undefined, aws: credentials }],
  ];
  for (const [dialect, provider] of providers) {
    test(`about a healthy provider that speaks ${dialect}`, async (t) => {
      const fake = await upstream(t, { dialect });
      const examined = await doctor({ base_url: fake.baseUrl, ...provider });
      assert.deepEqual(
        [problems(examined), problems(examined, 'warning'), examined.code],
        [[], [], 0],
        examined.out + examined.err,
      );
      const passed = new Set(
        examined.results.filter(({ status }) => status === 'ok').map(({ check }) => check),
      );
      for (const check of ['answer', 'usage', 'stream', 'system', 'tools', 'json-schema', 'image'] as const)
        assert.ok(passed.has(check), `${check} is examined`);
      assert.equal(finding(examined, 'tools'), true);
    });
  }

  test('about thinking that is switched as configured', async (t) => {
    const thinks = (body: { [field: string]: unknown }) =>
      (body['chat_template_kwargs'] as { enable_thinking?: boolean } | undefined)?.enable_thinking !== false;
    const examined = await lacking(
      t,
      { thinks },
      { vendor: 'vllm' },
      { capabilities: { tools: true, parallel_tools: true, reasoning: 'optional' } },
    );
    assert.deepEqual([problems(examined), problems(examined, 'warning')], [[], []], examined.out);
    assert.equal(finding(examined, 'thinking-off'), true);
  });
});

describe('what doctor may do', () => {
  test('it spends no more than it is given, and says what it left out', async (t) => {
    const fake = await upstream(t);
    const price = { input: 1000, output: 4000 };
    const examined = await doctor({ base_url: fake.baseUrl }, { price }, ['--max-usd', '0.9']);
    assert.equal(examined.code, 0, 'what is not checked is no fault');
    assert.equal(fake.requests.length, 0);
    assert.ok(examined.results.some(({ status, says }) => status === 'skipped' && /--max-usd/.test(says)));
    const more = await doctor({ base_url: fake.baseUrl }, { price }, ['--max-usd', '1.5']);
    assert.ok(fake.requests.length > 0);
    assert.ok(more.spentUsd > 0 && more.spentUsd <= 1.5, String(more.spentUsd));
  });

  test('an answer that breaks off counts with its worst case, for it may be billed', async (t) => {
    const fake = await upstream(t, { script: { cut: { how: 'reset', afterBytes: 20 } } });
    const price = { input: 0, output: 100 };
    const examined = await doctor({ base_url: fake.baseUrl }, { price }, ['--max-usd', '0.9']);
    assert.ok(examined.spentUsd > 0.02 && examined.spentUsd <= 0.9, String(examined.spentUsd));
  });

  test('a stop ends the call under way, and what was found until then stands', async (t) => {
    const fake = await upstream(t, { script: { silent: 'head' } });
    const stop = new AbortController();
    const provider = createProvider({ id: 'p', vendor: 'openai-compatible', baseUrl: fake.baseUrl });
    const examined = examineDirectly(provider, stop.signal);
    await fake.whenReceived(0);
    const sinceMs = performance.now();
    stop.abort();
    const { stopped, results } = await examined;
    assert.equal(stopped, true);
    assert.ok(results.some(({ check, status }) => check === 'address' && status === 'ok'));
    await fake.whenCancelled(0, sinceMs);
  });

  test('nothing is asked more than twice, and only a failure of the moment is', async (t) => {
    const busy = { status: 429, error: { message: 'slow down' }, headers: { 'retry-after': '0' } };
    const fake = await upstream(t, { script: ableModel({ always: busy }) });
    const provider = createProvider({ id: 'p', vendor: 'openai-compatible', baseUrl: fake.baseUrl });
    const { results } = await examineDirectly(provider);
    assert.deepEqual(problems({ results }, 'warning').slice(-1), ['rate-limited']);
    assert.equal(fake.requests.length, 2);
    const refused = { status: 400, error: { message: 'never heard of it' } };
    fake.setScript(ableModel({ always: refused }));
    await examineDirectly(provider);
    assert.equal(fake.requests.length, 3);
  });

  test('--offline calls nothing, and finds what needs no call', async (t) => {
    const fake = await upstream(t);
    const config = {
      providers: [
        { id: 'p', vendor: 'openai-compatible', api_key: key, base_url: fake.baseUrl },
        { id: 'deepseek', vendor: 'deepseek', api_key: 'sk-ant-api03-not-a-key-of-deepseek' },
      ],
      deployments: [{ model: 'fake-model', provider: 'p' }],
      routes: { auto: { reference: 'deepseek/deepseek-v4-pro', candidates: ['p/fake-model'] } },
    };
    const examined = await run(config, ['--offline']);
    assert.equal(fake.requests.length + fake.connections, 0);
    const warned = problems(examined, 'warning');
    for (const problem of ['key-of-another-vendor', 'price-unknown', 'route-lacks-capability'])
      assert.ok(warned.includes(problem), `${problem}: ${examined.out}`);
    assert.doesNotMatch(examined.out, /not-a-key/);
  });

  test('a configuration that cannot be used is a fault with its reason', async () => {
    const provider = { id: 'p', vendor: 'dashscope', api_key: key, region: 'nowhere' };
    const examined = await run({ providers: [provider] }, ['--offline']);
    assert.deepEqual([problems(examined), examined.code], [['configuration-invalid'], 1]);
    assert.match(examined.results[0]!.says, /no region «nowhere»/);
  });

  test('wrong usage is told apart', async () => {
    const config = { providers: [{ id: 'p', vendor: 'openai', api_key: key }] };
    assert.equal((await run(config, ['q'])).code, 2);
    assert.equal((await run(config, ['--deployment', 'p/nothing'])).code, 2);
    assert.equal((await run(config, ['--skip', 'everything'])).code, 2);
    assert.equal((await run(config, ['--max-usd', 'much'])).code, 2);
  });
});

describe('what doctor found', () => {
  test('is kept beside a running gateway, which routes by it once it reloads, until the address changes', async (t) => {
    const fake = await upstream(t, { script: ableModel({ keepsChars: 16_000 }) });
    const able = await upstream(t);
    const config = (baseUrl: string) => ({
      providers: [
        { id: 'p', vendor: 'openai-compatible', base_url: baseUrl, api_key: key },
        { id: 'q', vendor: 'openai-compatible', base_url: able.baseUrl, api_key: key },
      ],
      deployments: [
        { model: 'fake-model', provider: 'p', price: { input: 0.1, output: 0.4 }, context_tokens: 20_000 },
        { model: 'trusted', provider: 'q', price: { input: 1, output: 4 }, context_tokens: 20_000 },
      ],
      routes: { auto: { reference: 'q/trusted', candidates: ['p/fake-model'] } },
    });
    const gateway = await startYumen(JSON.stringify(config(fake.baseUrl)));
    t.after(() => gateway.close());
    const question = JSON.stringify({
      messages: [{ role: 'user', content: 'word '.repeat(6000) }],
      model: 'auto',
    });
    const exclusion = async (): Promise<string | undefined> => {
      const { body } = await gateway.api('/api/v1/decide', { method: 'POST', body: question });
      return body.excluded.find(({ candidate }: { candidate: string }) => candidate === 'p/fake-model')?.why;
    };
    assert.equal(await exclusion(), undefined);

    const args = ['p', '--data-dir', join(gateway.folder, 'data')];
    const examined = await run(config(fake.baseUrl), args);
    finds(examined, 'context-truncated');
    assert.equal(await exclusion(), undefined, 'a snapshot stays as it is');

    const path = join(gateway.folder, 'yumen.yaml');
    writeFileSync(path, JSON.stringify(config(fake.baseUrl), undefined, 2));
    assert.match(await eventually(exclusion), /doctor, \d{4}-\d\d-\d\d/);
    const { body } = await gateway.api('/api/v1/catalog/models');
    const { findings } = body.data.find(({ id }: { id: string }) => id === 'fake-model');
    assert.equal(findings[0].value, 4096);
    assert.match(findings[0].at, /^\d{4}-\d\d-\d\dT/);

    const moved = fake.baseUrl.replace('127.0.0.1', 'localhost');
    writeFileSync(path, JSON.stringify(config(moved)));
    await eventually(async () => ((await exclusion()) === undefined ? true : undefined));
  });
});

async function examineDirectly(
  provider: Provider,
  signal = new AbortController().signal,
): Promise<Diagnosis> {
  const transport = createUndiciTransport({ clock: systemClock });
  try {
    const catalog = createCatalog({
      providers: [provider],
      deployments: [{ model: 'fake-model', provider: 'p', price: { input: 0, output: 0 } }],
    });
    const timeouts = { connectMs: 5000, firstByteMs: 5000, interChunkMs: 5000, totalMs: 10_000 };
    return await examine(
      {
        snapshot: { catalog, routes: new Map(), timeouts },
        configured: ['p/fake-model'],
        skip: new Set(),
        offline: false,
        maxNano: nanoPerUsd,
      },
      {
        clock: systemClock,
        transport,
        signers: createSigners(systemClock),
        pause: () => Promise.resolve(),
        signal,
        told: () => {},
      },
    );
  } finally {
    await transport.close();
  }
}
