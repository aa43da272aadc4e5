import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnswerSink, ResponseStore, StoredResponse } from '../../src/gateway/index.ts';
import { KeptResponses, RecentResponses } from '../../src/gateway/index.ts';
import { type CaptureOptions, CaptureSink } from '../../src/gateway/responses/capture-sink.ts';
import { openCalls, portable, requireCalls } from '../../src/gateway/responses/items.ts';
import { systemClock } from '../../src/std/index.ts';

/** Remembers what an answer was made of. */
class HeardSink implements AnswerSink {
  readonly said: string[] = [];
  gone = false;
  ended: (text: string) => void = () => {};
  readonly end_ = new Promise<string>((resolve) => {
    this.ended = resolve;
  });
  begin(status: number, headers: { [name: string]: string }): void {
    this.said.push(`${status} ${headers['content-length'] ?? '-'}`);
  }
  write(bytes: Uint8Array): boolean {
    this.said.push(Buffer.from(bytes).toString());
    return true;
  }
  end(bytes?: Uint8Array): void {
    this.said.push(Buffer.from(bytes ?? '').toString());
    this.ended(this.said.join(''));
  }
  reset(): void {
    this.said.push('RESET');
    this.ended(this.said.join(''));
  }
  onDrain(): void {}
  onGone(): void {}
}

function captured(given: Partial<CaptureOptions> = {}) {
  const heard = new HeardSink();
  const responses: object[] = [];
  let failures = 0;
  const sink = new CaptureSink({
    sink: heard,
    began: () => {},
    edits: () => ({ store: true, previous_response_id: 'resp_before' }),
    finished: async ({ response }) => void responses.push(response),
    failed: () => {
      failures += 1;
    },
    endsWithDone: () => true,
    ...given,
  });
  return { heard, sink, responses, failures: () => failures };
}

const events = { 'content-type': 'text/event-stream; charset=utf-8' };
const document = { 'content-type': 'application/json', 'content-length': '1' };
const delta =
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"12345678901234567890.10"}\n\n';
const completed =
  'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1","object":"response","store":false,"big":12345678901234567890}}\n\n';

describe('CaptureSink', () => {
  it('passes deltas at once and untouched, and holds the last event until the answer is ended', async () => {
    const { heard, sink, responses } = captured();
    sink.begin(200, events);
    sink.write(Buffer.from(delta + completed));
    assert.deepEqual(heard.said, ['200 -', delta]);
    assert.equal(responses.length, 1);
    sink.end(Buffer.from('event: after\ndata: {}\n\n'));
    const text = await heard.end_;
    assert.match(
      text,
      /"store":true,"big":12345678901234567890,"previous_response_id":"resp_before"\}\}\n\n/,
    );
    assert.ok(text.endsWith('event: after\ndata: {}\n\ndata: [DONE]\n\n'));
  });

  it('is the same for every way the bytes are cut', async () => {
    const whole = delta + completed;
    const results = new Set<string>();
    for (let at = 1; at < whole.length; at += 1) {
      const { heard, sink } = captured();
      sink.begin(200, events);
      sink.write(Buffer.from(whole.slice(0, at)));
      sink.end(Buffer.from(whole.slice(at)));
      results.add(await heard.end_);
    }
    assert.equal(results.size, 1);
  });

  it('[DONE] is said once, and not where a provider ended its own stream', async () => {
    const said = captured();
    said.sink.begin(200, events);
    said.sink.end(Buffer.from(`${completed}data: [DONE]\n\n`));
    assert.equal((await said.heard.end_).split('[DONE]').length, 2);
    const native = captured({ endsWithDone: () => false, edits: () => ({}) });
    native.sink.begin(200, events);
    native.sink.end(Buffer.from(completed));
    assert.equal(await native.heard.end_, `200 -${completed}`);
  });

  it('a document is told as a whole, with its length as it then is', async () => {
    const { heard, sink } = captured();
    sink.begin(200, document);
    assert.deepEqual(heard.said, []);
    sink.end(Buffer.from('{"object":"response","id":"resp_1","store":false}'));
    const body = '{"object":"response","id":"resp_1","store":true,"previous_response_id":"resp_before"}';
    assert.equal(await heard.end_, `200 ${body.length}${body}`);
  });

  it('errors and what is no response pass untouched; a refusal and a break count as failed', async () => {
    const refused = captured();
    refused.sink.begin(404, document);
    refused.sink.end(Buffer.from('{"error":{}}'));
    assert.equal(await refused.heard.end_, '404 1{"error":{}}');
    assert.equal(refused.failures(), 1);
    const other = captured();
    other.sink.begin(200, document);
    other.sink.end(Buffer.from('{"decision":1}'));
    assert.equal(await other.heard.end_, '200 14{"decision":1}');
    assert.equal(other.responses.length, 0);
    const broken = captured();
    broken.sink.begin(200, events);
    broken.sink.write(Buffer.from(completed));
    broken.sink.reset();
    assert.equal(await broken.heard.end_, '200 -RESET');
    assert.equal(broken.failures(), 1);
  });

  it('the last bytes wait for the store, and not for one that hangs', async () => {
    let stored: () => void = () => {};
    const slow = captured({
      finished: () =>
        new Promise((resolve) => {
          stored = resolve;
        }),
    });
    slow.sink.begin(200, document);
    slow.sink.end(Buffer.from('{"object":"response","id":"resp_1"}'));
    assert.deepEqual(slow.heard.said, []);
    stored();
    assert.match(await slow.heard.end_, /resp_1/);
    const hanging = captured({ finished: () => new Promise(() => {}) });
    hanging.sink.begin(200, document);
    hanging.sink.end(Buffer.from('{"object":"response","id":"resp_1"}'));
    assert.match(await hanging.heard.end_, /resp_1/);
  });
});

describe('KeptResponses', () => {
  const log = { warn() {}, error() {} };
  const sample = (id: string, chars = 10): StoredResponse => ({
    id,
    tenant: 'key:a',
    createdAtMs: Date.now(),
    heldBy: undefined,
    input: 'x'.repeat(chars),
    response: '{}',
  });

  it('a response is found while the store is still busy with it, and when the store fails', async () => {
    const store = fakeStore({ put: () => Promise.reject(new Error('disk full')) });
    const kept = new KeptResponses({ store, clock: systemClock, log, keepMs: () => 1_000_000 });
    const keeping = kept.keep(sample('resp_1'));
    assert.equal((await kept.find('key:a', 'resp_1'))?.id, 'resp_1');
    await keeping;
    assert.equal((await kept.find('key:a', 'resp_1'))?.id, 'resp_1');
    assert.equal(await kept.find('key:b', 'resp_1'), undefined);
    assert.equal(await kept.remove('key:a', 'resp_1'), true);
    assert.equal(await kept.find('key:a', 'resp_1'), undefined);
  });

  it('no name of a tenant and no id together stand for another tenant’s response', async () => {
    const store = fakeStore({ put: () => Promise.reject(new Error('disk full')) });
    const kept = new KeptResponses({ store, clock: systemClock, log, keepMs: () => 1_000_000 });
    await kept.keep({ ...sample('resp_1'), tenant: 'project:a team' });
    assert.equal(await kept.find('project:a', 'team resp_1'), undefined);
    assert.equal((await kept.find('project:a team', 'resp_1'))?.id, 'resp_1');
    assert.equal(await kept.isKnown('resp_1'), true);
    assert.equal(await kept.isKnown('resp_2'), false);
  });

  it('what could not be stored is held up to a bound, the oldest goes first', async () => {
    const store = fakeStore({ put: () => Promise.reject(new Error('disk full')) });
    const kept = new KeptResponses({ store, clock: systemClock, log, keepMs: () => 1_000_000 });
    for (const id of ['resp_1', 'resp_2', 'resp_3']) await kept.keep(sample(id, 12 * 1024 * 1024));
    assert.equal(await kept.find('key:a', 'resp_1'), undefined);
    assert.equal((await kept.find('key:a', 'resp_3'))?.id, 'resp_3');
  });

  it('one that is older than it may be is not found, pruned or not', async () => {
    let keepMs = 1_000_000;
    const store = fakeStore({ find: async () => ({ ...sample('resp_1'), createdAtMs: Date.now() - 5_000 }) });
    const kept = new KeptResponses({ store, clock: systemClock, log, keepMs: () => keepMs });
    assert.equal((await kept.find('key:a', 'resp_1'))?.id, 'resp_1');
    keepMs = 1_000;
    assert.equal(await kept.find('key:a', 'resp_1'), undefined);
    assert.equal(kept.keeps, true);
    keepMs = 0;
    assert.equal(kept.keeps, false);
  });
});

describe('RecentResponses', () => {
  const sample = (id: string, chars: number): StoredResponse => ({
    id,
    tenant: 'key:a',
    createdAtMs: 0,
    heldBy: undefined,
    input: 'x'.repeat(chars),
    response: '',
  });

  it('holds the newest whatever its size, and of the others what fits', () => {
    const recent = new RecentResponses(1_000);
    recent.remember(sample('a', 200));
    recent.remember(sample('b', 200));
    assert.notEqual(recent.find('a'), undefined);
    recent.remember(sample('c', 200));
    assert.deepEqual([recent.find('a'), recent.find('b')?.id], [undefined, 'b']);
    recent.remember(sample('d', 5_000));
    assert.deepEqual([recent.find('b'), recent.find('c'), recent.find('d')?.id], [undefined, undefined, 'd']);
    recent.forget('d');
    assert.equal(recent.find('d'), undefined);
  });

  it('holds no more than sixteen', () => {
    const recent = new RecentResponses(1_000_000);
    for (let index = 0; index < 40; index += 1) recent.remember(sample(`resp_${index}`, 1));
    const found = Array.from({ length: 40 }, (_, index) => recent.find(`resp_${index}`)).filter(Boolean);
    assert.equal(found.length, 16);
  });
});

describe('Items of past turns', () => {
  it('travel without ids that only their maker can look up, and without thoughts that it alone holds', () => {
    assert.deepEqual(
      portable([
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAA' },
        { type: 'reasoning', id: 'rs_req_3_0', summary: [{ type: 'summary_text', text: 'Hm' }] },
        {
          type: 'message',
          id: 'msg_1',
          status: 'completed',
          role: 'assistant',
          phase: 'final_answer',
          content: [],
        },
        { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'web_search_call', id: 'ws_1' },
      ]),
      [
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAA' },
        { type: 'reasoning', id: 'rs_req_3_0', summary: [{ type: 'summary_text', text: 'Hm' }] },
        { type: 'message', role: 'assistant', phase: 'final_answer', content: [] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'web_search_call', id: 'ws_1' },
      ],
    );
  });

  it('outputs need their call, whatever kind it is', () => {
    const call = { type: 'custom_tool_call', call_id: 'c' };
    const output = { type: 'custom_tool_call_output', call_id: 'c', output: 'x' };
    requireCalls([call], [output]);
    requireCalls([], [call, output]);
    assert.throws(() => requireCalls([], [{ role: 'user', content: 'x' }, output]), {
      code: 'invalid_request',
      param: 'input[1].call_id',
    });
    assert.deepEqual(openCalls([call, { ...call, call_id: 'd' }, output]), [{ ...call, call_id: 'd' }]);
  });
});

function fakeStore(given: Partial<ResponseStore>): ResponseStore {
  return {
    put: async () => {},
    find: async () => undefined,
    findItem: async () => undefined,
    isKnown: async () => false,
    remove: async () => false,
    prune: async () => 0,
    ...given,
  };
}
