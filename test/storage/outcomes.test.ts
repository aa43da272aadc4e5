import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type GradedOutcome, KeptOutcomes } from '../../src/gateway/index.ts';
import { encodeAsk, loadShippedPredictor } from '../../src/router/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openSqliteStore, type SqliteStore } from '../../src/storage/index.ts';
import { writtenAsk } from '../support/written-ask.ts';

const predictor = loadShippedPredictor();
const asked = writtenAsk(predictor, 'Which river flows through Vienna?');
const reference = { id: 'gpt-4o', aliases: [], scores: [] };
const model = { id: 'gpt-4o-mini', aliases: [], scores: [] };
const learnedName = 'own-outcomes';
const log = { warn() {}, error() {} };

function outcome(requestId: string, score: number, more: Partial<GradedOutcome> = {}): GradedOutcome {
  const { ask, task, language } = asked;
  const artefact = predictor.parameters.id;
  return {
    requestId,
    model: model.id,
    source: 'test',
    score,
    atMs: 1,
    subject: JSON.stringify({ ask: encodeAsk(ask), artefact, task, language, reference, model }),
    ...more,
  };
}

describe('graded outcomes in the store', () => {
  let folder: string;
  let store: SqliteStore;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-outcomes-'));
    store = await openSqliteStore({ dataFolder: folder });
  });
  after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (outcomes: GradedOutcome[], keptMax = 100) =>
    store.outcomes.put(outcomes, { keptMax, learnedName });
  const all = async () => store.outcomes.after(0, 1000);
  const open = () =>
    KeptOutcomes.open({ store: store.outcomes, learned: store.learned, predictor, clock: systemClock, log });
  const logits = ({ own }: KeptOutcomes) => own.read(asked, [model])?.[model.id]?.logits;

  test('stand once for each request, model and source, and a changed one drops what was learned of the old', async () => {
    await store.learned.put(learnedName, 'old', 1);
    assert.deepEqual(await put([outcome('a', 1), outcome('b', 0), outcome('a', 1, { source: 'other' })]), {
      added: 3,
      changed: 0,
      unchanged: 0,
    });
    assert.deepEqual(await put([outcome('a', 1)]), { added: 0, changed: 0, unchanged: 1 });
    assert.equal(await store.learned.get(learnedName), 'old');
    const last = (await all()).at(-1)!.at;
    assert.deepEqual(await put([outcome('a', 0.5)]), { added: 0, changed: 1, unchanged: 0 });
    assert.equal(await store.learned.get(learnedName), undefined);
    const [changed] = await store.outcomes.after(last, 10);
    assert.deepEqual([changed?.requestId, changed?.score], ['a', 0.5]);
    assert.equal(await store.outcomes.count(), 3);
  });

  test('are kept up to a number, the newest of them, and their places are never given again', async () => {
    await put(
      Array.from({ length: 30 }, (_, i) => outcome(`many-${i}`, 1)),
      10,
    );
    const kept = await all();
    assert.deepEqual(
      kept.map(({ requestId }) => requestId),
      Array.from({ length: 10 }, (_, i) => `many-${20 + i}`),
    );
    const last = kept.at(-1)!.at;
    await put([outcome('next', 1)], 1);
    assert.ok((await all())[0]!.at > last);
    assert.equal(await store.outcomes.count(), 1);
  });

  test('are learned anew from the store where nothing that was learned had been saved', async () => {
    const kept = await open();
    await kept.take([outcome('x', 0), outcome('y', 0)]);
    const known = logits(kept)!;
    assert.ok(known < 0);
    // As after a kill: never saved.
    assert.equal(logits(await open()), known);
    await kept.save();
    assert.ok(Math.abs(logits(await open())! - known) < 1e-6);
    // Saved, and then more came.
    await kept.take([outcome('z', 0)]);
    assert.ok(Math.abs(logits(await open())! - logits(kept)!) < 1e-6);
  });

  test('reach another process at the same store with its next save', async () => {
    const [one, other] = [await open(), await open()];
    const before = logits(other)!;
    await one.take([outcome('shared', 0)]);
    assert.equal(logits(other), before);
    await other.save();
    assert.ok(Math.abs(logits(other)! - logits(one)!) < 1e-6);
  });

  test('take back what a grade taught once it is changed', async () => {
    const kept = await open();
    const before = logits(kept)!;
    await kept.take([outcome('wavering', 1)]);
    assert.ok(logits(kept)! > before);
    await kept.take([outcome('wavering', 0)]);
    assert.ok(logits(kept)! < before);
  });

  test('teach nothing through wording that another artefact read, and still through structure', async () => {
    const own = await open();
    const foreign = JSON.parse(outcome('f', 0).subject);
    await own.take([
      outcome('foreign', 0, { subject: JSON.stringify({ ...foreign, artefact: 'another' }) }),
      outcome('damaged', 0, { subject: '{' }),
    ]);
    const rows = own.own.models().find((one) => one.model === model.id)!.rows;
    // The damaged one is passed over.
    assert.equal(rows, (await store.outcomes.count()) - 1);
  });

  test('are learned anew where what was saved is no state', async () => {
    for (const damaged of ['{', '7', '{"at":1,"own":{}}']) {
      await store.learned.put(learnedName, damaged, 1);
      assert.equal((await open()).own.rows, (await store.outcomes.count()) - 1);
    }
  });

  test('that change again and again count twice until the next save, so that nobody can keep the process busy', async () => {
    const kept = await open();
    for (const score of [1, 0, 1]) await kept.take([outcome('fickle', score)]);
    const rows = () => kept.own.models().find((one) => one.model === model.id)!.rows;
    const learnable = (await store.outcomes.count()) - 1;
    assert.equal(rows(), learnable + 1);
    await kept.save();
    assert.equal(rows(), learnable);
  });
});
