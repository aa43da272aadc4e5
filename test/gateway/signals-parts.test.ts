import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeRequest, readRating } from '../../src/gateway/signals/judge-words.ts';
import { RatingScale } from '../../src/gateway/signals/rating-scale.ts';
import { shownAsk } from '../../src/gateway/signals/shown-ask.ts';
import { SignalDesk } from '../../src/gateway/signals/signal-desk.ts';
import { SignalWindow } from '../../src/gateway/signals/signal-window.ts';

function desk(ownOutcomes = 0) {
  const time = { ms: 0 };
  const warned: unknown[] = [];
  const made = new SignalDesk({
    clock: { monotonicMs: () => time.ms },
    random: () => 0,
    log: { warn: (facts) => warned.push(facts), error() {} },
    ownOutcomes: () => ownOutcomes,
  });
  return { desk: made, time, warned };
}

test('a judge’s usual rating is one half whatever digit it is, and the rarer ones lie beside it', () => {
  const scale = new RatingScale();
  assert.deepEqual(
    [0, 9].map((digit) => new RatingScale().place(digit)),
    [0.05, 0.95],
    'before anything is known each digit is as likely',
  );
  for (let i = 0; i < 1_000; i++) scale.place(8);
  const [usual, below, above] = [8, 7, 9].map((digit) => scale.place(digit)) as [number, number, number];
  assert.ok(Math.abs(usual - 0.5) < 0.06, `${usual}`);
  assert.ok(below < 0.2 && above > 0.8, `${below}, ${above}`);
});

test('ratings are in order, within the scale, and a judge that changes is soon known again', () => {
  const digit = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(fc.array(digit, { maxLength: 600 }), (ratings) => {
      const scales = Array.from({ length: 10 }, () => new RatingScale());
      for (const scale of scales) for (const rating of ratings) scale.place(rating);
      const places = scales.map((scale, level) => scale.place(level));
      for (const [level, place] of places.entries()) {
        assert.ok(place > 0 && place < 1);
        assert.ok(level === 0 || place >= places[level - 1]!);
      }
    }),
  );
  const scale = new RatingScale();
  for (let i = 0; i < 5_000; i++) scale.place(2);
  for (let i = 0; i < 600; i++) scale.place(8);
  assert.ok(Math.abs(scale.place(8) - 0.5) < 0.1);
});

test('only a single digit is a rating', () => {
  const rating = (text: string) => readRating({ parts: [{ type: 'text', text }] });
  assert.deepEqual(['7', ' 0\n', '9'].map(rating), [7, 0, 9]);
  for (const text of ['', '10', '7.', '7/9', '７', '-3', 'seven', '7 because', '"7"'])
    assert.equal(rating(text), undefined, text);
  assert.equal(readRating({ parts: [{ type: 'reasoning', text: '7' }] }), undefined);
});

test('an ask is shown as a JSON string that nothing in it can end, and never longer than allowed', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 100, max: 300 }),
      (ask, charsMax) => {
        const shown = shownAsk(ask, charsMax);
        assert.ok(shown.length <= charsMax);
        if (ask.length <= charsMax) assert.equal(shown, ask);
        const { messages } = judgeRequest(ask, charsMax);
        const part = messages[1]!.parts[0]!;
        assert.ok(part.type === 'text');
        const lines = part.text.split('\n');
        assert.equal(lines.length, 4);
        assert.equal(JSON.parse(lines[1]!), shown);
      },
    ),
  );
  const halves = shownAsk('😀'.repeat(200), 101);
  assert.ok(halves.isWellFormed(), 'no half of a character');
});

test('a share of requests may be asked about, and a quiet time saves up no more than a few', () => {
  const { desk: one } = desk();
  const ask = (): boolean => {
    one.seen('auto', 0.1);
    return one.take('auto');
  };
  const asked = Array.from({ length: 1_000 }, ask).filter(Boolean).length;
  assert.equal(asked, 100);
  for (let i = 0; i < 1_000; i++) one.seen('auto', 0.1);
  let saved = 0;
  while (one.take('auto')) saved += 1;
  assert.equal(saved, 10);
  assert.equal(one.take('other'), false);
});

test('a signal rests after five failures in a row, one probe finds out whether it is back', () => {
  const { desk: one, time, warned } = desk();
  for (let i = 0; i < 5; i++) {
    assert.equal(one.offers('auto', 'judge'), true);
    one.enter('auto', 'judge')!(i % 2 === 0 ? 'late' : 'unclear');
  }
  assert.equal(one.offers('auto', 'judge'), false);
  assert.equal(one.enter('auto', 'judge'), undefined);
  assert.equal(one.offers('other', 'judge'), true, 'of another route it is another');
  assert.equal(warned.length, 1);
  time.ms += 60_000;
  assert.equal(one.offers('auto', 'judge'), true);
  const probe = one.enter('auto', 'judge')!;
  assert.equal(one.enter('auto', 'judge'), undefined, 'one at a time');
  probe('answered');
  assert.equal(one.offers('auto', 'judge'), true);
  assert.deepEqual(one.view('auto'), {
    'judge-late': 3,
    'judge-unclear': 2,
    'judge-resting': 1,
    'judge-answered': 1,
  });
  // Clients that leave say nothing of it.
  for (let i = 0; i < 20; i++) one.enter('auto', 'judge')!('cancelled');
  assert.equal(one.offers('auto', 'judge'), true);
});

test('an embedding is offered only where outcomes of its own can read it', () => {
  assert.equal(desk(99).desk.offers('auto', 'embedding'), false);
  assert.equal(desk(100).desk.offers('auto', 'embedding'), true);
});

test('a window is over at its deadline or when the client leaves, and tells which', async () => {
  const listeners: (() => void)[] = [];
  const client = { cancelled: false, onCancel: (listener: () => void) => void listeners.push(listener) };
  const late = new SignalWindow(1, client);
  await late.over;
  assert.deepEqual([late.cancelled, late.late], [true, true]);

  const left = new SignalWindow(60_000, client);
  let heard = 0;
  left.onCancel(() => {
    heard += 1;
  });
  for (const listener of listeners) listener();
  await left.over;
  assert.deepEqual([left.cancelled, left.late, heard], [true, false, 1]);

  const gone = new SignalWindow(60_000, { cancelled: true, onCancel() {} });
  await gone.over;
  assert.equal(gone.late, false);

  const answered = new SignalWindow(60_000, client);
  answered.onCancel(() => assert.fail('it has answered'));
  answered.close();
  for (const listener of listeners) listener();
});
