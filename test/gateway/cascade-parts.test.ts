import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AttemptShare } from '../../src/gateway/cascade/attempt-share.ts';
import { Bell } from '../../src/gateway/cascade/bell.ts';
import { Deadline } from '../../src/gateway/cascade/deadline.ts';
import { HeldAnswer } from '../../src/gateway/cascade/held-answer.ts';
import { AnswerTally } from '../../src/gateway/tally.ts';
import { type ChatEvent, GatewayError } from '../../src/protocol/index.ts';
import type { AnswerStream } from '../../src/upstream/index.ts';

test('members together never get more attempts than the request has, and each gets one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 2, max: 4 }),
      fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
      (attemptsMax, members, wanted) => {
        const share = new AttemptShare(attemptsMax, members);
        let made = 0;
        for (let member = 0; member < members; member++) {
          const claimed = share.claim(0);
          assert.ok(claimed >= 1);
          const used = Math.min(claimed, Math.max(1, wanted[member]!));
          share.giveBack(claimed - used);
          made += used;
        }
        assert.ok(made <= Math.max(attemptsMax, members));
      },
    ),
  );
});

test('those that claim together share what is there to spare', () => {
  const share = new AttemptShare(6, 3);
  assert.deepEqual([share.claim(1), share.claim(0), share.claim(0)], [3, 2, 1]);
});

test('a bell that rang before anybody waited wakes the one who comes', async () => {
  const bell = new Bell();
  bell.ring();
  await bell.rung();
  const waiting = bell.rung();
  bell.ring();
  bell.ring();
  await waiting;
});

test('a deadline passes once, counted from its first start', async () => {
  let passed = 0;
  await new Promise<void>((resolve) => {
    const deadline = new Deadline(() => {
      passed += 1;
      resolve();
    });
    deadline.start(1);
    deadline.start(600_000);
  });
  assert.equal(passed, 1);
});

describe('a held answer', () => {
  type Sink = Parameters<AnswerStream['start']>[0];

  /** An upstream's stream that a test plays. */
  function playing(bytesMax = 10_000) {
    let upstream: Sink | undefined;
    const endings: (string | undefined)[] = [];
    const tally = new AnswerTally();
    const held = new HeldAnswer({
      stream: {
        start: (sink) => {
          upstream = sink;
        },
        pause() {},
        resume() {},
      },
      tally,
      bytesMax,
      grew() {},
      ended: (error) => endings.push(error?.code),
    });
    held.hold();
    const send = (...events: ChatEvent[]): void =>
      upstream!.frames(events.map((event) => ({ raw: Buffer.from(event.type), events: [event] })));
    return {
      held,
      tally,
      endings,
      send,
      end: () => upstream!.end(),
      fail: (e: GatewayError) => upstream!.failed(e),
    };
  }

  /** What is given out, in order. */
  function taking(held: HeldAnswer): string[] {
    const seen: string[] = [];
    held.start({
      frames: (batch) => seen.push(...batch.map(({ raw }) => Buffer.from(raw).toString())),
      end: () => seen.push('<end>'),
      failed: ({ code }) => seen.push(`<${code}>`),
    });
    return seen;
  }

  const text = (words: string): ChatEvent => ({ type: 'text', text: words });
  const finish: ChatEvent = { type: 'finish', finish: { unified: 'stop', raw: 'stop' } };

  test('gives out what it kept, then what comes, in order and counted once', () => {
    const { held, tally, send, end } = playing();
    send(text('one '), text('two '));
    assert.equal(held.prefix, 'one two ');
    const seen = taking(held);
    send(text('three'), finish);
    end();
    assert.deepEqual(seen, ['text', 'text', 'text', 'finish', '<end>']);
    assert.equal(tally.text, 'one two three');
  });

  test('a whole one ends again for whoever takes it later', () => {
    const { held, endings, send, end } = playing();
    send(text('all'), finish);
    end();
    assert.deepEqual(endings, [undefined]);
    assert.equal(held.answer()?.finish.unified, 'stop');
    assert.deepEqual(taking(held), ['text', 'finish', '<end>']);
  });

  test('one that stops without an end, or breaks, says so', () => {
    const cut = playing();
    cut.send(text('half'));
    cut.end();
    assert.deepEqual(cut.endings, ['stream_interrupted']);
    const broken = playing();
    broken.send(text('half'));
    const seen = taking(broken.held);
    broken.fail(new GatewayError('upstream_inter_chunk_timeout', 'silence'));
    assert.deepEqual(seen, ['text', '<upstream_inter_chunk_timeout>']);
  });

  test('one that is larger than may be held is given up, and nothing of it is kept', () => {
    const { endings, send } = playing(1000);
    for (let i = 0; i < 100; i++) send(text('word '));
    assert.deepEqual(endings, ['upstream_protocol']);
  });
});
