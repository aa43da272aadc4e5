import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createAwsEventStreamFramer as createFramer } from '../../src/protocol/aws-event-stream/framer.ts';
import { eventFrame, exceptionFrame } from '../../src/protocol/aws-event-stream/writer.ts';
import type { StreamFrame } from '../../src/protocol/index.ts';
import { binaryFrame } from '../support/binary-frame.ts';
import { recordings, recordingsMissing } from './support/recordings.ts';

function frames(bytes: Uint8Array, cuts: readonly number[] = []): StreamFrame[] {
  const framer = createFramer();
  const found: StreamFrame[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // A copy, as each socket read is memory of its own.
    found.push(...framer.push(Uint8Array.from(bytes.subarray(from, cut))));
    from = cut;
  }
  return [...found, ...framer.end()];
}

function comparable(list: readonly StreamFrame[]): unknown[] {
  return list.map((frame) => ({ ...frame, raw: Buffer.from(frame.raw).toString('latin1') }));
}

const event = (type: string, payload: string) =>
  binaryFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload,
  );
const two = Buffer.concat([event('messageStart', '{"role":"assistant"}'), event('metadata', '{"a":"玉门"}')]);

describe('createAwsEventStreamFramer()', () => {
  it('gives type, payload and bytes of each frame', () => {
    const [first, second] = frames(two);
    assert.deepEqual([first!.event, first!.data], ['messageStart', '{"role":"assistant"}']);
    assert.deepEqual([second!.event, second!.data], ['metadata', '{"a":"玉门"}']);
    assert.deepEqual(Buffer.concat([first!.raw, second!.raw]), two);
  });

  it('gives the same frames for every split and for single bytes', () => {
    const whole = comparable(frames(two));
    for (let cut = 0; cut <= two.length; cut++) assert.deepEqual(comparable(frames(two, [cut])), whole);
    assert.deepEqual(
      comparable(
        frames(
          two,
          Array.from({ length: two.length }, (_, at) => at),
        ),
      ),
      whole,
    );
  });

  it('gives the same frames however the network cuts them, and all bytes', () => {
    const payload = fc.string({ unit: 'grapheme', maxLength: 300 });
    const many = fc.array(fc.tuple(fc.stringMatching(/^[a-zA-Z]{1,20}$/), payload), { maxLength: 8 });
    fc.assert(
      fc.property(many, fc.array(fc.nat(), { maxLength: 12 }), (list, at) => {
        const bytes = Buffer.concat(list.map(([type, text]) => event(type, text)));
        const cuts = at.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const found = frames(bytes, cuts);
        assert.deepEqual(
          found.map((frame) => [frame.event, frame.data ?? '']),
          list,
        );
        assert.deepEqual(Buffer.concat(found.map(({ raw }) => raw)), bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('names an exception by its type, and an error by its code and message', () => {
    const exception = binaryFrame(
      { ':exception-type': 'throttlingException', ':message-type': 'exception' },
      '{"message":"slow down"}',
    );
    const error = binaryFrame(
      { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'broken' },
      '',
    );
    const [first, second] = frames(Buffer.concat([exception, error]));
    assert.deepEqual([first!.event, first!.data], ['throttlingException', '{"message":"slow down"}']);
    assert.deepEqual(
      [second!.event, second!.data],
      ['InternalFailure', '{"__type":"InternalFailure","message":"broken"}'],
    );
  });

  it('says that the last frame was cut', () => {
    const found = frames(two.subarray(0, two.length - 1));
    assert.equal(found.length, 2);
    assert.deepEqual([found[1]!.partial, found[1]!.data], [true, undefined]);
    assert.deepEqual(Buffer.concat(found.map(({ raw }) => raw)), two.subarray(0, two.length - 1));
  });

  it('refuses a frame in which any one byte was changed', () => {
    const good = event('contentBlockDelta', '{"delta":{"text":"hello"}}');
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      const framer = createFramer({ frameBytesMax: 4096 });
      try {
        const found = framer.push(bad);
        // A changed length may only make the framer wait for more.
        assert.ok(at < 4 && found.length === 0, `byte ${at}`);
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'upstream_protocol');
      }
    }
  });

  it('refuses a frame larger than the bound before it has arrived, and a length that cannot be', () => {
    const framer = createFramer({ frameBytesMax: 200 });
    assert.equal(framer.push(event('a', 'x'.repeat(40))).length, 1);
    const large = event('a', 'x'.repeat(300));
    assert.throws(() => framer.push(large.subarray(0, 4)), {
      code: 'upstream_protocol',
      detail: /larger than frameBytesMax \(200 bytes\)/,
    });
    assert.throws(() => createFramer().push(Buffer.from([0, 0, 0, 15])), { code: 'upstream_protocol' });
  });

  it('reads a recorded stream of another operation', { skip: recordingsMissing }, () => {
    const file = 'bedrock-bedrock-invoke-stream-004.eventstream.bin';
    const bytes = readFileSync(join(import.meta.dirname, '../../../shared/data/wire', file));
    const found = frames(bytes);
    assert.deepEqual(
      found.map((frame) => [frame.event, frame.partial, Object.keys(JSON.parse(frame.data!) as object)[0]]),
      [['chunk', undefined, 'bytes']],
    );
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(comparable(frames(bytes, [cut])), comparable(found));
    }
  });

  it('reads the recorded Converse streams with every split', { skip: recordingsMissing }, () => {
    const streams = recordings().filter(({ dialect, stream }) => stream && dialect === 'bedrock-converse');
    assert.equal(streams.length, 3);
    for (const { bytes } of streams) {
      const whole = frames(bytes);
      const expected = Buffer.concat(whole.map(({ raw }) => raw));
      assert.deepEqual(expected, bytes);
      const seen = (list: StreamFrame[]) => list.map(({ event: type, data }) => `${type} ${data}`).join('\n');
      for (let cut = 0; cut <= bytes.length; cut += 7) {
        assert.equal(seen(frames(bytes, [cut])), seen(whole));
      }
      const single = Array.from({ length: bytes.length }, (_, at) => at);
      assert.equal(seen(frames(bytes, single)), seen(whole));
    }
  });
});

describe('eventFrame() and exceptionFrame()', () => {
  it('write the bytes of the specification', () => {
    const json = { ':content-type': 'application/json' };
    assert.deepEqual(
      Buffer.from(eventFrame('metadata', { a: 1 })),
      binaryFrame({ ':message-type': 'event', ':event-type': 'metadata', ...json }, '{"a":1}'),
    );
    assert.deepEqual(
      Buffer.from(exceptionFrame('throttlingException', { message: 'é' })),
      binaryFrame(
        { ':message-type': 'exception', ':exception-type': 'throttlingException', ...json },
        '{"message":"é"}',
      ),
    );
  });
});
