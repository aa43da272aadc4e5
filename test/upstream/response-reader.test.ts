import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import { type DialectName, dialects, parseJsonBody } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import type { AttemptOutcome, DecodedFrame } from '../../src/upstream/attempt-outcome.ts';
import { ResponseReader } from '../../src/upstream/response-reader.ts';
import { upstreamBody } from '../../src/upstream/upstream-body.ts';
import { binaryFrame } from '../support/binary-frame.ts';

const apiKey = 'own-key-0123456789';
const deployment = createCatalog({
  providers: [createProvider({ id: 'openai', vendor: 'openai', apiKey })],
}).findDeployment('openai/gpt-4o')!;

interface Reading {
  reader: ResponseReader;
  outcome(): AttemptOutcome | undefined;
  calls: string[];
  /** Takes the stream; what it gives is collected. */
  take(): { frames: DecodedFrame[]; endings: string[] };
}

/** A reader whose outcome and whose call can be looked at. */
function begin(options: { stream: boolean; type?: string; dialect?: DialectName; replayed?: true }): Reading {
  const bytes = Buffer.from(
    `{"model":"openai/gpt-4o","stream":${options.stream},"messages":[{"role":"user","content":"hi"}]}`,
  );
  const request = dialects['openai-chat'].decodeRequest(parseJsonBody(bytes), bytes);
  const calls: string[] = [];
  let settled: AttemptOutcome | undefined;
  const call = {
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    abort: () => void calls.push('abort'),
  };
  const plain = upstreamBody(request, { id: deployment.id, deployment, effort: 'default' });
  const body = { ...plain, wire: { ...plain.wire, dialect: options.dialect ?? plain.wire.dialect } };
  const reader = new ResponseReader(
    { request, deployment, body, answerBytesMax: 100_000 },
    (outcome) => {
      assert.equal(settled, undefined, 'an outcome is told once');
      settled = outcome;
    },
    () => call,
  );
  const headers = { 'content-type': options.type ?? 'text/event-stream' };
  reader.onHead({ status: 200, headers, receivedAtMs: 0, replayed: options.replayed });
  return {
    reader,
    calls,
    outcome: () => settled,
    take() {
      assert.equal(settled?.kind, 'streaming');
      const frames: DecodedFrame[] = [];
      const endings: string[] = [];
      settled.stream.start({
        frames: (batch) => void frames.push(...batch),
        end: () => void endings.push('end'),
        failed: (error) => void endings.push(`${error.code}: ${error.message}`),
      });
      return { frames, endings };
    },
  };
}

function failureOf(outcome: AttemptOutcome | undefined): { code: string; message: string; detail: string } {
  assert.equal(outcome?.kind, 'failed');
  const { code, message, detail } = outcome.error;
  return { code, message, detail: detail ?? '' };
}

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c1', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const role = chunk({ role: 'assistant', content: '' });
const hi = chunk({ content: 'hi' });
const stop = chunk({}, 'stop');
const done = 'data: [DONE]\n\n';

test('comments before the first content are not held', () => {
  const { reader, take } = begin({ stream: true });
  reader.onData(Buffer.from(role));
  for (let i = 0; i < 1_000; i++) reader.onData(Buffer.from(': keep waiting\n\n'.repeat(1_000)));
  reader.onData(Buffer.from(hi + stop + done));
  const { frames } = take();
  assert.equal(Buffer.concat(frames.map((frame) => frame.raw)).toString(), role + hi + stop + done);
});

test('what is held before the first content is bounded', () => {
  const { reader, outcome, calls } = begin({ stream: true });
  for (let i = 0; i < 20_000 && outcome() === undefined; i++) reader.onData(Buffer.from(role));
  const { code, detail } = failureOf(outcome());
  assert.equal(code, 'upstream_protocol');
  assert.match(detail, /4194304 bytes came before any content/);
  assert.deepEqual(calls, ['abort']);
});

test('a first event larger than the bound is content, not something held', () => {
  const { reader, outcome } = begin({ stream: true });
  reader.onData(Buffer.from(chunk({ content: 'x'.repeat(5 * 1024 * 1024) })));
  assert.equal(outcome()?.kind, 'streaming');
});

for (const type of ['text/event-stream; charset=utf-8', 'text/plain', '']) {
  test(`events labelled «${type}» are one answer where one was asked for, wherever they are cut`, () => {
    const { reader, outcome } = begin({ stream: false, type });
    const usage =
      'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n';
    for (const byte of Buffer.from(`\uFEFF: hello\n\n${role}${hi}${hi}${stop}${usage}${done}`)) {
      reader.onData(Buffer.of(byte));
    }
    const settled = outcome();
    assert.equal(settled?.kind, 'answered');
    assert.equal(settled.bytes, undefined);
    assert.deepEqual(settled.answer.parts, [{ type: 'text', text: 'hihi' }]);
    assert.equal(settled.answer.finish.unified, 'stop');
    assert.deepEqual([settled.answer.usage?.inputTokens, settled.answer.usage?.outputTokens], [5, 2]);
  });
}

test('events that stop without an end are no answer', () => {
  const { reader, outcome } = begin({ stream: false });
  reader.onData(Buffer.from(role + hi));
  reader.onEnd();
  assert.equal(failureOf(outcome()).code, 'upstream_protocol');
});

test('events that are put together are bounded like a document', () => {
  const { reader, outcome, calls } = begin({ stream: false });
  for (let i = 0; i < 1_000; i++) reader.onData(Buffer.from(chunk({ content: 'x'.repeat(500) })));
  assert.match(failureOf(outcome()).detail, /larger than 100000 bytes/);
  assert.deepEqual(calls, ['abort']);
});

test('an error among the events of one answer is the failure', () => {
  const { reader, outcome } = begin({ stream: false });
  reader.onData(Buffer.from(`${hi}data: {"error":{"message":"boom","code":429}}\n\n`));
  assert.equal(failureOf(outcome()).code, 'upstream_rate_limited');
});

test('events labelled as text are a stream where one was asked for', () => {
  const { reader, outcome } = begin({ stream: true, type: 'text/plain' });
  reader.onData(Buffer.from('da'));
  assert.equal(outcome(), undefined);
  reader.onData(Buffer.from(hi.slice(2)));
  assert.equal(outcome()?.kind, 'streaming');
});

test('a document that is one passes byte for byte, whatever its label', () => {
  for (const type of ['application/json', 'text/plain', '']) {
    const { reader, outcome } = begin({ stream: false, type });
    const body = ` {"choices":[{"index":0,"message":{"role":"assistant","content":"data: x"}}], "x": 1.0}`;
    for (const byte of Buffer.from(body)) reader.onData(Buffer.of(byte));
    reader.onEnd();
    const settled = outcome();
    assert.equal(settled?.kind, 'answered');
    assert.equal(Buffer.from(settled.bytes ?? []).toString(), body);
  }
});

test('the key of the provider leaves in no error, before, in and after the content', () => {
  const frame = `data: {"error":{"message":"bad key ${apiKey}","code":400,"details":{"k":"${apiKey}"}}}\n\n`;
  const before = begin({ stream: true });
  before.reader.onData(Buffer.from(frame));
  assert.match(failureOf(before.outcome()).message, /bad key \[redacted\]/);

  const after = begin({ stream: true });
  after.reader.onData(Buffer.from(hi));
  const { frames } = after.take();
  after.reader.onData(Buffer.from(frame));
  const event = frames.at(-1)?.events.at(-1);
  assert.equal(event?.type, 'error');
  assert.match(event.error.message, /bad key \[redacted\]/);

  const cut = begin({ stream: true });
  cut.reader.onFailure({ kind: 'protocol', detail: `header x: ${apiKey}`, responded: true });
  assert.equal(failureOf(cut.outcome()).detail, 'protocol: header x: [redacted]');

  for (const reading of [before, cut]) {
    const outcome = reading.outcome();
    assert.ok(outcome?.kind === 'failed');
    const { message, detail, upstream, cause } = outcome.error;
    assert.ok(!JSON.stringify([message, detail, upstream, String(cause)]).includes(apiKey));
  }
});

test('an outcome says whether the request was written twice', () => {
  const streaming = begin({ stream: true, replayed: true });
  streaming.reader.onData(Buffer.from(hi));
  assert.equal(streaming.outcome()?.replayed, true);
  const failed = begin({ stream: true });
  failed.reader.onFailure({ kind: 'reset', detail: 'gone', responded: false, replayed: true });
  assert.equal(failed.outcome()?.replayed, true);
  const once = begin({ stream: true });
  once.reader.onData(Buffer.from(hi));
  assert.equal(once.outcome()?.replayed, false);
});

test('a failure that was held until the stream was taken comes after its frames', () => {
  const { reader, take } = begin({ stream: true });
  reader.onData(Buffer.from(role + hi));
  reader.onFailure({ kind: 'reset', detail: 'gone', responded: true });
  const { frames, endings } = take();
  assert.equal(frames.length, 2);
  assert.match(endings.join(), /^stream_interrupted/);
});

const binary = { type: 'application/vnd.amazon.eventstream', dialect: 'bedrock-converse' } as const;
const binaryEvents = (
  [
    ['messageStart', '{"role":"assistant"}'],
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"hi"}}'],
    ['messageStop', '{"stopReason":"end_turn"}'],
    ['metadata', '{"usage":{"inputTokens":1,"outputTokens":2}}'],
  ] as const
).map(([type, data]) => binaryFrame({ ':event-type': type, ':message-type': 'event' }, data));

test('a binary stream is cut into its frames, and passes on byte for byte', () => {
  const bytes = Buffer.concat(binaryEvents);
  for (const step of [bytes.length, 5]) {
    const { reader, take } = begin({ stream: true, ...binary });
    let taken: ReturnType<typeof take> | undefined;
    for (let at = 0; at < bytes.length; at += step) {
      reader.onData(Uint8Array.from(bytes.subarray(at, at + step)));
      if (taken === undefined && at + step >= binaryEvents[0]!.length + binaryEvents[1]!.length)
        taken = take();
    }
    reader.onEnd();
    assert.deepEqual(Buffer.concat(taken!.frames.map(({ raw }) => raw)), bytes);
    assert.deepEqual(
      taken!.frames.flatMap(({ events }) => events.map(({ type }) => type)),
      ['start', 'text', 'finish', 'usage', 'end'],
    );
    assert.deepEqual(taken!.endings, ['end']);
  }
});

test('a binary stream in the place of a document is put together', () => {
  const { reader, outcome } = begin({ stream: false, ...binary });
  reader.onData(Buffer.concat(binaryEvents));
  const settled = outcome();
  assert.ok(settled?.kind === 'answered');
  assert.deepEqual(settled.answer.parts, [{ type: 'text', text: 'hi' }]);
  assert.equal(settled.answer.usage?.outputTokens, 2);
});

test('a binary stream that was cut or changed on the way fails', () => {
  const cut = begin({ stream: true, ...binary });
  cut.reader.onData(binaryEvents[0]!.subarray(0, 20));
  cut.reader.onEnd();
  assert.equal(failureOf(cut.outcome()).code, 'stream_interrupted');

  const changed = begin({ stream: true, ...binary });
  const bytes = Buffer.from(binaryEvents[1]!);
  bytes[bytes.length - 6]! ^= 1;
  changed.reader.onData(bytes);
  assert.equal(failureOf(changed.outcome()).code, 'upstream_protocol');
  assert.deepEqual(changed.calls, ['abort']);
});
