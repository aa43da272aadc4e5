import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Capture, Certificate, FrozenPolicy, Pair, ProofStore } from '../../src/proof/index.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenProofStore {
  store: ProofStore;
  /** The same data as a process sees it that starts after this one was killed. */
  reopen(): Promise<ProofStore>;
  close(): Promise<void>;
}

const idOf = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(8, '0')}`;

/** As it comes back: what is undefined is not there. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function pair(n: number, more: Partial<Pair> = {}): Pair {
  return {
    id: idOf('pair', n),
    route: 'auto',
    requestId: idOf('req', n),
    session: 's',
    atMs: n,
    policy: 'pol_1',
    use: 'test',
    stratum: 'en/1',
    propensity: 0.1,
    propensityLeast: 0.05,
    language: 'en',
    task: 'chat',
    reference: 'dear',
    rungs: ['dear', 'cheap'],
    answers: [],
    anchorPropensity: undefined,
    simulated: false,
    ...more,
  };
}

const capture = (n: number, more: Partial<Capture> = {}): Capture => ({
  requestId: idOf('req', n),
  route: 'auto',
  pairId: undefined,
  dialect: 'openai-chat',
  atMs: n,
  expiresAtMs: 1000 + n,
  request: '{"text":"玉门 😀 \\u0000"}',
  answers: { cheap: '{"parts":[]}' },
  ...more,
});

const policy = (n: number, route = 'auto'): FrozenPolicy => ({
  id: idOf('pol', n),
  route,
  ordinal: n,
  delta: 0.03,
  quality: 0.95,
  allowances: [1, 2],
  fingerprint: { version: '1' },
  frozenAtMs: n,
  learnedSessions: ['s'],
  own: undefined,
  lengths: '{}',
});

const certificate = (n: number, more: Partial<Certificate> = {}): Certificate =>
  plain({ id: idOf('crt', n), route: 'auto', policy: 'pol_1', rung: 1, ...more }) as Certificate;

/** What every `ProofStore` does. `open` gives an empty store. */
export function proofStoreConformance(name: string, open: () => Promise<OpenProofStore>): void {
  const check = storeCheck(name, open);

  check(
    'a pair is found as it was put, the last of an id stands, and it outlives the process',
    async (opened) => {
      await opened.store.putPair(pair(1), capture(1));
      const graded = pair(1, { stratum: "x'; DROP TABLE proof_pairs; --", use: 'learn' });
      await opened.store.putPair(graded, undefined);
      const store = await opened.reopen();
      assert.deepEqual(await store.pair(graded.id), plain(graded));
      assert.deepEqual(await store.capture('req_00000001'), plain(capture(1)));
      assert.equal(await store.pair('pair_none'), undefined);
      assert.equal(await store.capture('req_none'), undefined);
    },
  );

  check(
    'pairs are found by what they are about, newest first, or on from one, oldest first',
    async ({ store }) => {
      for (let n = 1; n <= 9; n++) {
        const more: Partial<Pair> = {
          use: n % 2 === 0 ? 'learn' : 'test',
          policy: n > 6 ? undefined : 'pol_1',
        };
        await store.putPair(pair(n, { ...more, route: n === 5 ? 'other' : 'auto' }), undefined);
      }
      const found = async (query: Parameters<ProofStore['pairs']>[0]) =>
        (await store.pairs(query)).pairs.map(({ atMs }) => atMs);
      assert.deepEqual(await found({ limit: 3 }), [9, 8, 7]);
      assert.deepEqual(await found({ limit: 3, after: 'pair_' }), [1, 2, 3]);
      assert.deepEqual(await found({ limit: 9, after: idOf('pair', 6) }), [7, 8, 9]);
      assert.deepEqual(await found({ limit: 9, route: 'other' }), [5]);
      assert.deepEqual(await found({ limit: 9, route: 'auto', policy: 'pol_1', use: 'test' }), [3, 1]);
      assert.deepEqual(await found({ limit: 9, fromMs: 3, toMs: 5 }), [4, 3]);
      assert.equal((await store.pairs({ limit: 9 })).nextCursor, undefined);
      await assert.rejects(store.pairs({ limit: 0 }), { code: 'invalid_request' });
      await assert.rejects(store.pairs({ limit: 5, cursor: 'made up' }), { code: 'invalid_request' });
    },
  );

  check('pages hold every pair once, whatever their size', async ({ store }) => {
    for (let n = 1; n <= 23; n++) await store.putPair(pair(n), undefined);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.pairs({ limit, cursor });
          seen.push(...page.pairs.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        assert.deepEqual(
          seen,
          Array.from({ length: 23 }, (_, i) => idOf('pair', 23 - i)),
        );
      }),
      { numRuns: 10 },
    );
  });

  check('a label is of a pair, the last of each key stands, and answers what was open', async ({ store }) => {
    await store.putPair(pair(1, { anchorPropensity: 0.5 }), undefined);
    await store.putPair(pair(2, { anchorPropensity: 0.5 }), undefined);
    await store.putPair(pair(3), undefined);
    const open = async () => (await store.pairs({ anchors: 'open', limit: 9 })).pairs.map(({ atMs }) => atMs);
    assert.deepEqual(await open(), [2, 1]);
    const label = {
      pairId: idOf('pair', 1),
      candidate: 'cheap',
      loss: 1,
      by: 'key_1',
      comment: 'no',
      atMs: 5,
    };
    await store.putLabel(label);
    await store.putLabel({ ...label, loss: 0, comment: undefined, atMs: 6 });
    await store.putLabel({ ...label, by: 'key_2', loss: -1, atMs: 7 });
    assert.deepEqual(await open(), [2]);
    const anchors = (await store.pairs({ anchors: 'all', limit: 9 })).pairs.map(({ atMs }) => atMs);
    assert.deepEqual(anchors, [2, 1]);
    assert.deepEqual(
      (await store.labels([idOf('pair', 2), idOf('pair', 1)])).map(({ by, loss, comment }) => [
        by,
        loss,
        comment,
      ]),
      [
        ['key_1', 0, undefined],
        ['key_2', -1, 'no'],
      ],
    );
    await assert.rejects(store.putLabel({ ...label, pairId: 'pair_none' }), { code: 'not_found' });
  });

  check(
    'texts are kept until their time is over, and no more than fit, the oldest dropped first',
    async ({ store }) => {
      for (let n = 1; n <= 5; n++) await store.putCapture(capture(n, { route: n === 2 ? 'other' : 'auto' }));
      const all = { fromMs: 0, toMs: 100, limit: 9 };
      const left = async (query = all) => (await store.captures(query)).captures.map(({ atMs }) => atMs);
      assert.deepEqual(await left(), [5, 4, 3, 2, 1]);
      assert.deepEqual(await left({ ...all, fromMs: 2, toMs: 4 }), [3, 2]);
      assert.deepEqual(await left({ ...all, route: 'other' } as typeof all), [2]);
      const first = await store.captures({ ...all, limit: 2 });
      assert.deepEqual(await left({ ...all, cursor: first.nextCursor } as typeof all), [3, 2, 1]);
      assert.equal(await store.pruneCaptures(1002, 1_000_000), 2);
      assert.deepEqual(await left(), [5, 4, 3]);
      const size = JSON.stringify(capture(5)).length;
      assert.equal(await store.pruneCaptures(1002, 2 * size), 1);
      assert.deepEqual(await left(), [5, 4]);
    },
  );

  check('policies, certificates and the story of a route are kept', async (opened) => {
    const { store } = opened;
    await store.putPolicy(policy(2));
    await store.putPolicy(policy(1));
    await store.putPolicy(policy(3, 'other'));
    await store.putCertificate(certificate(1));
    await store.putCertificate(certificate(2));
    await store.putCertificate(certificate(1, { endedBecause: 'over' }));
    await store.putCertificate(certificate(3, { route: 'other' }));
    const event = (n: number, route = 'auto') => ({
      id: idOf('evt', n),
      route,
      atMs: n,
      kind: 'stage' as const,
      from: undefined,
      to: 'assist' as const,
      sentence: 'It goes on.',
      facts: { n },
    });
    await store.appendStory([event(1), event(2), event(3, 'other')]);
    await store.appendStory([event(2), event(4)]);
    const again = await opened.reopen();
    assert.deepEqual(await again.policies('auto'), plain([policy(1), policy(2)]));
    const of = async (route?: string) =>
      (await again.certificates({ route, limit: 9 })).map((one) => [one.id, one.endedBecause]);
    assert.deepEqual(await of('auto'), [
      ['crt_00000002', undefined],
      ['crt_00000001', 'over'],
    ]);
    assert.equal((await of()).length, 3);
    const story = await again.story({ route: 'auto', limit: 2 });
    assert.deepEqual(
      story.events.map(({ atMs }) => atMs),
      [4, 2],
    );
    const rest = await again.story({ route: 'auto', limit: 2, cursor: story.nextCursor });
    assert.deepEqual(rest, { events: plain([event(1)]), nextCursor: undefined });
    assert.equal((await again.story({ limit: 9 })).events.length, 4);
  });

  check(
    'notes are kept one for each request, key and source, and their texts no longer than they may',
    async (opened) => {
      const note = (n: number, more = {}) => ({
        requestId: idOf('req', n),
        route: 'auto',
        by: 'key_1',
        source: 'feedback',
        comment: `words ${n}`,
        edit: `made of it ${n}`,
        atMs: n,
        editExpiresAtMs: 100,
        expiresAtMs: 200,
        ...more,
      });
      for (let n = 1; n <= 5; n++) await opened.store.putNote(note(n));
      await opened.store.putNote(note(1, { comment: 'other words' }));
      await opened.store.putNote(note(6, { route: undefined, comment: undefined, edit: undefined }));
      const store = await opened.reopen();
      const first = await store.notes({ route: 'auto', limit: 3 });
      assert.deepEqual(
        first.notes.map(({ atMs }) => atMs),
        [5, 4, 3],
      );
      const second = await store.notes({ route: 'auto', limit: 3, cursor: first.nextCursor });
      assert.deepEqual(
        second.notes.map(({ comment }) => comment),
        ['words 2', 'other words'],
      );
      assert.equal(second.nextCursor, undefined);
      await assert.rejects(store.notes({ limit: 3, cursor: 'note_x' }), { code: 'invalid_request' });
      await store.pruneCaptures(150, 1e9);
      const [kept] = (await store.notes({ route: 'auto', limit: 1 })).notes;
      assert.equal(kept?.edit, undefined);
      assert.equal(kept?.comment, 'words 5');
      await store.pruneCaptures(250, 1e9);
      assert.equal((await store.notes({ limit: 9 })).notes.length, 0);
    },
  );
}
