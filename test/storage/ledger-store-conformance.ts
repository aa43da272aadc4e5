import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodeRecord,
  type LedgerStore,
  type ReportBy,
  type ReportRow,
  type RequestRecord,
  servedBy,
} from '../../src/ledger/index.ts';
import {
  anyRecord,
  asStored,
  sampleAttempt,
  sampleDecision,
  sampleRecord,
} from '../ledger/sample-records.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenLedgerStore {
  store: LedgerStore;
  close(): Promise<void>;
}

const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

/** What every `LedgerStore` does. `open` gives an empty store. */
export function ledgerStoreConformance(name: string, open: () => Promise<OpenLedgerStore>): void {
  const check = storeCheck(name, open);
  const append = (store: LedgerStore, records: RequestRecord[]) => store.append(records.map(encodeRecord));

  check('a record comes back whole, with attempts and decision', async ({ store }) => {
    const record = sampleRecord({
      id: 'req_whole',
      tags: ['a', '蓝', '\u0000', '\ud800'],
      project: "x'; DROP TABLE requests; --",
      decision: sampleDecision('dec_1'),
      attempts: [
        sampleAttempt({ outcome: 'failed', error: 'upstream_unavailable', costNano: undefined }),
        sampleAttempt({ id: 'att_2', index: 1, effort: 'low', credential: 'eu-account' }),
      ],
    });
    await append(store, [record]);
    assert.deepEqual(await store.get('req_whole'), asStored(record));
    assert.equal(await store.get('req_other'), undefined);
  });

  check('a record is found by its decision', async ({ store }) => {
    const records = [
      sampleRecord({ id: 'req_1', decision: sampleDecision('dec_1') }),
      sampleRecord({ id: 'req_2', decision: undefined }),
      sampleRecord({ id: 'req_3', decision: sampleDecision('dec_3') }),
    ];
    await append(store, records);
    assert.deepEqual(await store.findByDecision('dec_3'), asStored(records[2]!));
    assert.equal(await store.findByDecision('req_3'), undefined);
  });

  check('an id is stored once: the first record stays, also within one batch', async ({ store }) => {
    const first = sampleRecord({ id: 'req_1', costNano: 1 });
    assert.equal(await append(store, [first, sampleRecord({ id: 'req_1', costNano: 2 })]), 1);
    assert.equal(
      await append(store, [sampleRecord({ id: 'req_1', costNano: 3 }), sampleRecord({ id: 'req_2' })]),
      1,
    );
    assert.deepEqual(await store.get('req_1'), asStored(first));
    const [row] = await store.report({ ...always, by: 'model' });
    assert.equal(row?.requests, 2);
    assert.equal(row?.costNano, 11n);
  });

  check('requests beside chat can be listed by their endpoint', async ({ store }) => {
    const embeddings = sampleRecord({ id: 'req_1', service: 'embeddings', units: { searches: 1 } });
    await append(store, [embeddings, sampleRecord({ id: 'req_2' })]);
    const { requests } = await store.list({ limit: 10, filters: { service: 'embeddings' } });
    assert.deepEqual(
      requests.map(({ id, service, units }) => [id, service, units]),
      [['req_1', 'embeddings', { searches: 1 }]],
    );
  });

  check('the list is newest first and its pages hold every record once', async ({ store }) => {
    const records = Array.from({ length: 25 }, (_, i) =>
      // Several share a start, where the id decides.
      sampleRecord({ id: `req_${String(i).padStart(2, '0')}`, startedAtMs: 1000 + Math.floor(i / 3) }),
    );
    await append(store, records);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: 4, cursor });
      assert.ok(page.requests.length <= 4);
      seen.push(...page.requests.map((request) => request.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, records.map((record) => record.id).reverse());
  });

  check('a page stays where it was when newer records arrive', async ({ store }) => {
    await append(
      store,
      [1, 2, 3].map((n) => sampleRecord({ id: `req_${n}`, startedAtMs: n })),
    );
    const page = await store.list({ limit: 2 });
    await append(store, [sampleRecord({ id: 'req_9', startedAtMs: 9 })]);
    const next = await store.list({ limit: 2, cursor: page.nextCursor });
    assert.deepEqual(
      next.requests.map((request) => request.id),
      ['req_1'],
    );
    assert.equal(next.nextCursor, undefined);
  });

  check('a summary has what served and no decision', async ({ store }) => {
    await append(store, [sampleRecord({ decision: sampleDecision('dec_7') })]);
    const [summary] = (await store.list({ limit: 1 })).requests;
    assert.equal(summary?.servedModel, 'small');
    assert.equal(summary?.attemptCount, 1);
    assert.equal(summary?.decisionId, 'dec_7');
    assert.equal(summary !== undefined && 'decision' in summary, false);
  });

  check('filters select what they name, alone and together', async ({ store }) => {
    const large = [sampleAttempt({ deployment: 'acme/large', model: 'large' })];
    await append(store, [
      sampleRecord({ id: 'req_1', startedAtMs: 1, keyId: 'key_a', route: undefined }),
      sampleRecord({ id: 'req_2', startedAtMs: 2, keyId: 'key_b', outcome: 'failed' }),
      sampleRecord({
        id: 'req_3',
        startedAtMs: 3,
        keyId: 'key_a',
        deployment: 'acme/large',
        attempts: large,
      }),
      sampleRecord({ id: 'req_4', startedAtMs: 4, keyId: 'key_b', outcome: 'aborted' }),
    ]);
    const ids = async (filters: Parameters<LedgerStore['list']>[0]['filters']) =>
      (await store.list({ limit: 10, filters })).requests.map((request) => request.id.slice(4)).join('');
    assert.equal(await ids({}), '4321');
    assert.equal(await ids({ keyId: 'key_a' }), '31');
    assert.equal(await ids({ route: 'auto' }), '432');
    assert.equal(await ids({ model: 'large' }), '3');
    assert.equal(await ids({ outcome: 'failed' }), '2');
    assert.equal(await ids({ outcome: 'answered' }), '31');
    assert.equal(await ids({ fromMs: 2, toMs: 4 }), '32');
    assert.equal(await ids({ keyId: 'key_b', outcome: 'aborted', fromMs: 1 }), '4');
    assert.equal(await ids({ keyId: '%' }), '');
  });

  check('a bad limit and a foreign cursor are refused', async ({ store }) => {
    for (const limit of [0, 501, 1.5, Number.NaN]) {
      await assert.rejects(store.list({ limit }), { code: 'invalid_request', param: 'limit' });
    }
    for (const cursor of ['', 'x', '%%%', Buffer.from("1 a' OR 1=1 --").toString('base64url')]) {
      await assert.rejects(store.list({ limit: 1, cursor }), { code: 'invalid_request', param: 'cursor' });
    }
  });

  check(
    'a report keeps simulated requests apart and compares only what is known on both sides',
    async ({ store }) => {
      await append(store, [
        sampleRecord({ id: 'req_1', costNano: 10, referenceCostNano: 100 }),
        sampleRecord({ id: 'req_2', costNano: undefined, referenceCostNano: 100 }),
        sampleRecord({ id: 'req_3', costNano: 7, referenceCostNano: undefined }),
        sampleRecord({ id: 'req_4', costNano: 1000, referenceCostNano: 9000, simulated: true }),
      ]);
      const rows = await store.report({ ...always, by: 'route' });
      assert.deepEqual(
        rows.map((row) => [row.group, row.simulated, row.requests]),
        [
          ['auto', false, 3],
          ['auto', true, 1],
        ],
      );
      assert.equal(rows[0]?.costNano, 17n);
      assert.equal(rows[0]?.unpricedRequests, 1);
      assert.equal(rows[0]?.referenceCostNano, 200n);
      assert.deepEqual(rows[0]?.compared, { requests: 1, costNano: 10n, referenceCostNano: 100n });
    },
  );

  check('days are UTC and bounds are inclusive below, exclusive above', async ({ store }) => {
    const day = 86_400_000;
    await append(
      store,
      [day - 1, day, 2 * day - 1, 2 * day].map((startedAtMs, i) =>
        sampleRecord({ id: `req_${i}`, startedAtMs }),
      ),
    );
    const rows = await store.report({ fromMs: day - 1, toMs: 2 * day, by: 'day' });
    assert.deepEqual(
      rows.map((row) => [row.group, row.requests]),
      [
        ['1970-01-01', 1],
        ['1970-01-02', 2],
      ],
    );
  });

  check('an empty range reports nothing', async ({ store }) => {
    assert.deepEqual(await store.report({ fromMs: 5, toMs: 5, by: 'key' }), []);
    assert.equal(await store.spentSince('key_1', 0), 0n);
  });

  test(`${name}: reports and spending equal the sum of the records, to the nano-USD`, async () => {
    const grouping: ReportBy[] = ['model', 'route', 'key', 'project', 'day', 'deployment'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { maxLength: 60 }),
        fc.constantFrom(...grouping),
        fc.integer({ min: 0, max: 5 * 86_400_000 }),
        fc.integer({ min: 0, max: 5 * 86_400_000 }),
        async (drawn, by, fromMs, toMs) => {
          const records = drawn.map((record, i) => ({ ...record, id: `req_${String(i).padStart(3, '0')}` }));
          const { store, close } = await open();
          try {
            await append(store, records);
            assert.deepEqual(
              await store.report({ fromMs, toMs, by }),
              expectedReport(records, fromMs, toMs, by),
            );
            const spent = records
              .filter((record) => record.keyId === 'key_1' && record.startedAtMs >= fromMs)
              .reduce((sum, record) => sum + BigInt(record.costNano ?? 0), 0n);
            assert.equal(await store.spentSince('key_1', fromMs), spent);
          } finally {
            await close();
          }
        },
      ),
      { numRuns: 25 },
    );
  });
}

/** The report by plain addition, sharing nothing with a store. */
function expectedReport(records: RequestRecord[], fromMs: number, toMs: number, by: ReportBy): ReportRow[] {
  const groups = new Map<string, RequestRecord[]>();
  for (const record of records) {
    if (record.startedAtMs < fromMs || record.startedAtMs >= toMs) continue;
    const key = JSON.stringify([groupOf(record, by) ?? null, record.simulated]);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const rows = [...groups].map(([key, members]) => {
    const [group, simulated] = JSON.parse(key) as [string | null, boolean];
    const both = members.filter((r) => r.costNano !== undefined && r.referenceCostNano !== undefined);
    const foreseen = members.filter(
      (r) => r.outcome === 'answered' && r.costNano !== undefined && r.predicted !== undefined,
    );
    const firsts = members.flatMap((r) => r.firstContentMs ?? []).sort((a, b) => a - b);
    const rank = (percent: number) => firsts[Math.ceil((firsts.length * percent) / 100) - 1];
    return {
      group: group ?? undefined,
      simulated,
      requests: members.length,
      answered: members.filter((r) => r.outcome === 'answered').length,
      failed: members.filter((r) => r.outcome === 'failed').length,
      aborted: members.filter((r) => r.outcome === 'aborted').length,
      inputTokens: sum(members.map((r) => r.usage?.inputTokens)),
      cacheReadTokens: sum(members.map((r) => r.usage?.cacheReadTokens)),
      outputTokens: sum(members.map((r) => r.usage?.outputTokens)),
      costNano: bigSum(members.map((r) => r.costNano)),
      unpricedRequests: members.filter((r) => r.costNano === undefined).length,
      referenceCostNano: bigSum(members.map((r) => r.referenceCostNano)),
      compared: {
        requests: both.length,
        costNano: bigSum(both.map((r) => r.costNano)),
        referenceCostNano: bigSum(both.map((r) => r.referenceCostNano)),
      },
      predicted: {
        requests: foreseen.length,
        costNano: bigSum(foreseen.map((r) => r.predicted?.costNano)),
        actualCostNano: bigSum(foreseen.map((r) => r.costNano)),
        outputTokens: sum(foreseen.map((r) => r.predicted?.outputTokens)),
        actualOutputTokens: sum(foreseen.map((r) => r.usage?.outputTokens)),
      },
      firstContentMsP50: rank(50),
      firstContentMsP95: rank(95),
    };
  });
  return rows.sort(
    (a, b) =>
      Number(a.group === undefined) - Number(b.group === undefined) ||
      (a.group ?? '').localeCompare(b.group ?? '', 'en') ||
      Number(a.simulated) - Number(b.simulated),
  );
}

function groupOf(record: RequestRecord, by: ReportBy): string | undefined {
  switch (by) {
    case 'model':
      return servedBy(record)?.model;
    case 'deployment':
      return servedBy(record)?.deployment;
    case 'route':
      return record.route;
    case 'key':
      return record.keyId;
    case 'project':
      return record.project;
    case 'day':
      return new Date(record.startedAtMs).toISOString().slice(0, 10);
  }
}

function sum(values: (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function bigSum(values: (number | undefined)[]): bigint {
  return values.reduce<bigint>((total, value) => total + BigInt(value ?? 0), 0n);
}
