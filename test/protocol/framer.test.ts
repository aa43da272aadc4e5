import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { createSseFramer, type StreamFrame } from '../../src/protocol/index.ts';
import { recordings, recordingsMissing } from './support/recordings.ts';

type Seen = { event: string | undefined; data: string | undefined };

function frames(bytes: Uint8Array, cuts: readonly number[] = []): StreamFrame[] {
  const framer = createSseFramer();
  const found: StreamFrame[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // A copy, as each socket read is memory of its own.
    found.push(...framer.push(Uint8Array.from(bytes.subarray(from, cut))));
    from = cut;
  }
  return [...found, ...framer.end()];
}

function whole(text: string): StreamFrame[] {
  return frames(Buffer.from(text));
}

function seen(list: readonly StreamFrame[]): Seen[] {
  return list.filter((frame) => !frame.partial).map(({ event, data }) => ({ event, data }));
}

/** Raw bytes as text, so that a difference can be read; latin1 keeps every byte apart. */
function comparable(list: readonly StreamFrame[]): unknown[] {
  return list.map(({ raw, event, data, partial }) => ({
    raw: Buffer.from(raw).toString('latin1'),
    event,
    data,
    partial,
  }));
}

function joined(list: readonly StreamFrame[]): Buffer {
  return Buffer.concat(list.map((frame) => frame.raw));
}

function oracle(bytes: Uint8Array): Seen[] {
  const events: Seen[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ event, data }) });
  parser.feed(new TextDecoder().decode(bytes));
  return events;
}

describe('createSseFramer()', () => {
  const one = [{ event: undefined, data: 'x' }];
  const cases: [string, string, Seen[]][] = [
    ['LF', 'data: x\n\n', one],
    ['CRLF', 'data: x\r\n\r\n', one],
    ['CR', 'data: x\r\r', one],
    ['a byte order mark', '\ufeffdata: x\n\n', one],
    ['no space after the colon', 'data:x\n\n', one],
    ['only the first space removed', 'data:  x\n\n', [{ event: undefined, data: ' x' }]],
    ['a comment inside an event', ': note\ndata: x\n\n', one],
    ['a comment alone', ': note\n\n', [{ event: undefined, data: undefined }]],
    ['several data lines', 'data: a\ndata:\ndata: b\n\n', [{ event: undefined, data: 'a\n\nb' }]],
    ['an event name', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['ids and unknown fields', 'id: 7\nretry: 5\nfoo: bar\ndatax: y\ndata: x\n\n', one],
    ['a field without colon', 'data\n\n', [{ event: undefined, data: '' }]],
    ['an empty event name', 'event:\ndata: x\n\n', one],
    ['text of several bytes', 'data: 玉门 🚪\n\n', [{ event: undefined, data: '玉门 🚪' }]],
  ];
  for (const [name, text, expected] of cases) {
    it(`reads ${name}`, () => assert.deepEqual(seen(whole(text)), expected));
  }

  it('gives a blank line between events as a frame without data, so that a heartbeat passes at once', () => {
    assert.deepEqual(comparable(whole('data: x\n\n\n')).at(-1), {
      raw: '\n',
      event: undefined,
      data: undefined,
      partial: undefined,
    });
  });

  it('gives an event that was cut as partial, at the end only', () => {
    const framer = createSseFramer();
    assert.deepEqual(framer.push(Buffer.from('data: a\n\ndata: b\n')).length, 1);
    assert.deepEqual(comparable(framer.end()), [
      { raw: 'data: b\n', event: undefined, data: 'b', partial: true },
    ]);
    assert.deepEqual(framer.end(), []);
  });

  it('does not hold the last event of a CR stream back', () => {
    const framer = createSseFramer();
    assert.deepEqual(seen(framer.push(Buffer.from('data: x\r\r'))), one);
    assert.deepEqual(seen(framer.push(Buffer.from('data: x\r\r'))), one);
  });

  it('refuses an event beyond frameBytesMax, whether it is cut or not', () => {
    const large = Buffer.from(`data: ${'x'.repeat(100)}\n\n`);
    const tooLarge = { code: 'upstream_protocol' };
    assert.throws(() => createSseFramer({ frameBytesMax: 100 }).push(large), tooLarge);
    const framer = createSseFramer({ frameBytesMax: 100 });
    framer.push(large.subarray(0, 60));
    assert.throws(() => framer.push(large.subarray(60, 105)), tooLarge);
    assert.equal(createSseFramer({ frameBytesMax: large.length }).push(large).length, 1);
  });

  it('keeps its frames valid while it goes on', () => {
    const framer = createSseFramer();
    const first = framer.push(Buffer.from('data: one\n\ndata: tw'));
    const second = framer.push(Buffer.from('o\n\ndata: thr'));
    framer.push(Buffer.from('ee\n\n'));
    assert.equal(joined([...first, ...second]).toString(), 'data: one\n\ndata: two\n\n');
  });

  const line = fc.oneof(
    fc.constantFrom(
      'data: {"a":1}',
      'data:x',
      'data',
      'data: ',
      'event: ping',
      'event:',
      ': note',
      'id: 1',
      'foo',
    ),
    fc.string({ unit: 'grapheme' }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
  );
  const terminator = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n', '\r\r');
  const stream = fc
    .tuple(fc.constantFrom('', '\ufeff'), fc.array(fc.tuple(line, terminator), { maxLength: 12 }))
    .map(([mark, lines]) => Buffer.from(mark + lines.flat().join('')));

  it('agrees with eventsource-parser on any stream', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const ours = seen(frames(bytes)).filter(({ data }) => data !== undefined);
        assert.deepEqual(ours, oracle(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same frames however the bytes are cut, and their raw bytes are the stream', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(300), { maxLength: 8 }), (bytes, positions) => {
        const cuts = positions.map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b);
        const uncut = frames(bytes);
        assert.deepEqual(comparable(frames(bytes, cuts)), comparable(uncut));
        assert.deepEqual(joined(uncut), bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same frames for any bytes, also those that are not UTF-8', () => {
    const bytes = fc
      .array(fc.constantFrom(10, 13, 58, 32, 100, 97, 116, 0xef, 0xbb, 0xbf, 0xff), { maxLength: 40 })
      .map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, (input) => {
        const uncut = frames(input);
        const everyByte = Array.from(input, (_, index) => index);
        assert.deepEqual(comparable(frames(input, everyByte)), comparable(uncut));
        assert.deepEqual(joined(uncut), Buffer.from(input));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same frames at every cut of recorded streams', { skip: recordingsMissing }, () => {
    const small = recordings().filter(({ stream: streams, bytes }) => streams && bytes.length < 7000);
    assert.ok(small.length >= 5);
    for (const { file, bytes } of small) {
      const uncut = frames(bytes);
      assert.deepEqual(joined(uncut), bytes, file);
      const expected = comparable(uncut);
      for (let cut = 1; cut < bytes.length; cut++) {
        assert.deepEqual(comparable(frames(bytes, [cut])), expected, `${file} cut at ${cut}`);
      }
    }
  });
});
