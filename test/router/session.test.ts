import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SessionMemory } from '../../src/gateway/index.ts';
import type { ChatRequest, Message } from '../../src/protocol/index.ts';
import {
  type Decision,
  decide,
  loadShippedPredictor,
  type PricedCandidate,
  readRequest,
  type SessionState,
  type Shape,
} from '../../src/router/index.ts';
import { costParts } from '../../src/router/stages/cost.ts';
import {
  downgradeAllowed,
  furtherCalls,
  heldTokens,
  repeatsHeldMax,
} from '../../src/router/stages/session.ts';
import { assistant, candidate, chat, input, read, system } from './fixtures.ts';
import { type RandomSource, randomSource } from './random-source.ts';
import { type ScriptedCall, scriptedSession } from './session-loops.ts';

const predictor = loadShippedPredictor();
const nowMs = 1_700_000_000_000;

/** USD per 1M tokens: input, output, cached input, and what is written to the cache. */
function rated(id: string, mmlu: number, prices: [number, number, number?, number?]): PricedCandidate {
  const [inputRate, output, cacheRead, cacheWrite] = prices.map((price) => price && price * 1_000_000);
  return {
    candidate: candidate({ id, mmlu }),
    rates: { input: inputRate!, output: output!, cacheRead, cacheWrite },
  };
}

describe('scripted tool loops', () => {
  test('a thousand sessions: no switch inside a loop, none with another maker’s signatures, no downgrade without a new ask', () => {
    const random = randomSource(42);
    const seen = { calls: 0, loops: 0, switches: 0, utilities: 0, subAgents: 0, retries: 0 };
    for (let session = 0; session < 1000; session++) playSession(session, random, seen);
    // The script reaches what it is about, else the absence of unsafe switches would say nothing.
    assert.ok(seen.calls > 10_000 && seen.loops > 5_000, JSON.stringify(seen));
    assert.ok(seen.switches > 300 && seen.utilities > 500, JSON.stringify(seen));
    assert.ok(seen.subAgents > 300 && seen.retries > 300, JSON.stringify(seen));
  });
});

function playSession(
  session: number,
  random: RandomSource,
  seen: {
    calls: number;
    loops: number;
    switches: number;
    utilities: number;
    subAgents: number;
    retries: number;
  },
): void {
  const memory = new SessionMemory();
  const pool = poolOf(random);
  const header = random.uniform() < 0.5 ? `s${session}` : undefined;
  let atMs = nowMs;
  /** Who answered the last turn of each conversation, by its system text. */
  const homes = new Map<string, string>();
  for (const call of scriptedSession(random, `session ${session}`)) {
    atMs += random.uniform() < 0.1 ? 900_000 : random.integer(60_000);
    const reading = readRequest(call.request, { keyId: 'k', sessionHeader: header });
    const { shape } = reading;
    const state = memory.stateOf(shape, atMs);
    const decision = decide(
      input(call.request, {
        nowMs: atMs,
        reading,
        reference: pool[0]!.candidate,
        candidates: pool,
        target: { kind: 'usd-per-quality', value: 10 ** (-4 + 4 * random.uniform()) },
        session: state,
      }),
      predictor,
    );
    const chosen = decision.plan[0]!;
    const conversation = beginningOf(call);
    const home = homes.get(conversation);
    assertSafe(call, decision, home);
    seen.calls += 1;
    if (call.inLoop) seen.loops += 1;
    if (call.kind === 'sub-agent') seen.subAgents += 1;
    if (!call.inLoop && !call.newAsk) seen.retries += 1;
    if (shape.turn === 'title' || shape.turn === 'compaction') seen.utilities += 1;
    else {
      if (home !== undefined && home !== chosen) seen.switches += 1;
      homes.set(conversation, chosen);
    }
    const usage = { ...noTokens, inputTokens: shape.inputTokensEstimate, outputTokens: 200 };
    memory.served(shape, { candidate: chosen, deployment: chosen, usage, cache: undefined }, atMs);
    call.answered(chosen);
  }
}

function assertSafe(call: ScriptedCall, decision: Decision, home: string | undefined): void {
  const chosen = decision.plan[0]!;
  const where = `${call.kind}, from ${home} to ${chosen}: ${decision.reason}`;
  if (call.inLoop) assert.equal(chosen, home, `a switch inside an open loop: ${where}`);
  for (const message of call.request.messages)
    for (const part of message.parts)
      if (part.type === 'reasoning')
        assert.equal(part.signature, `signed by ${chosen}`, `foreign signed thinking: ${where}`);
  const isTurn = decision.shape.turn !== 'title' && decision.shape.turn !== 'compaction';
  if (!isTurn || call.newAsk || home === undefined || home === chosen || chosen === decision.reference)
    return;
  const quality = (id: string) => decision.candidates.find((one) => one.candidate === id)?.quality.mean;
  const [from, to] = [quality(home), quality(chosen)];
  // Who serves no more cannot be compared with.
  assert.ok(from !== undefined && to !== undefined, `the home is gone: ${where}`);
  assert.ok(to >= from, `a downgrade without a new ask: ${where}`);
}

const noTokens = { cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0, reasoningTokens: 0 };

const beginningOf = ({ request }: ScriptedCall): string => JSON.stringify(request.messages.slice(0, 2));

function poolOf(random: RandomSource): PricedCandidate[] {
  const reference = rated('strong', 88, [10, 30, 1, 12.5]);
  const others = Array.from({ length: 2 + random.integer(4) }, (_, i) => {
    const price = 0.1 * 10 ** (2 * random.uniform());
    const name = random.uniform() < 0.4 ? `signing-${i}` : `plain-${i}`;
    return rated(name, 60 + random.integer(32), [price, 4 * price, price / 10]);
  });
  return [reference, ...others];
}

const home = (at: string, more: Partial<SessionState> = {}): SessionState => ({
  home: { candidate: at, deployment: at, userTurns: 1 },
  warm: [{ deployment: at, tokens: 20_000, atMs: nowMs - 10_000 }],
  calls: 4,
  gapMs: 10_000,
  ...more,
});

describe('what a cache is worth', () => {
  test('a prefix is held for the cache’s lifetime and from its least size on', () => {
    const cache = { lifetimeMs: 1000, tokensMin: 100, marked: false };
    const place = { deployment: 'p/x', tokens: 500, atMs: 0 };
    assert.equal(heldTokens(place, cache, 1000), 500);
    assert.equal(heldTokens(place, cache, 1001), 0);
    assert.equal(heldTokens({ ...place, tokens: 99 }, cache, 0), 0);
    assert.equal(heldTokens(undefined, cache, 0), 0);
  });

  test('one call costs the cached prefix at its read price, the rest at the price of writing, and its output', () => {
    const { shape } = read(chat(['x']));
    const sized = { ...shape, inputTokensEstimate: 10_000 };
    const { rates } = rated('a', 80, [3, 15, 0.3, 3.75]);
    const warm = costParts(rates, sized, { readTokens: 8000, writes: true }, 100)!;
    assert.equal(warm.cachedInputNano, 8000 * 300);
    assert.equal(warm.uncachedInputNano, 2000 * 3750);
    assert.equal(warm.cacheWriteNano, 2000 * 750);
    assert.equal(warm.outputNano, 100 * 15_000);
    assert.equal(warm.totalNano, warm.cachedInputNano + warm.uncachedInputNano + warm.outputNano);
    const unwritten = costParts(rates, sized, { readTokens: 8000, writes: false }, 100)!;
    assert.equal(warm.totalNano - unwritten.totalNano, 2000 * 750);
    assert.equal('cacheWriteNano' in unwritten, false);
  });

  const dear = rated('dear', 88, [10, 30, 1]);
  const cheaper = rated('cheaper', 87, [4, 12, 0.4]);
  const long: Message[] = [
    system('context '.repeat(10_000)),
    { role: 'user', parts: [{ type: 'text', text: 'a' }] },
  ];
  const turn = chat([...long, assistant('b'), 'Translate to French: good morning.']);
  const decided = (session: SessionState | undefined) =>
    decide(
      input(turn, { nowMs, reference: dear.candidate, candidates: [dear, cheaper], session }),
      predictor,
    );
  const compared = ({ candidates }: Decision, id: string) => {
    const { cost, switchNano } = candidates.find((one) => one.candidate === id)!;
    return cost!.totalNano + (switchNano ?? 0);
  };

  test('in the comparison filling a cold cache is spread over the calls to come; the call’s own cost stays what it is', () => {
    const warm = decided(home('p/dear'));
    const [at, other] = warm.candidates;
    assert.equal(at!.switchNano, undefined);
    assert.ok(other!.switchNano! < 0);
    // This one call is dearer at the cheaper model, whose cache is cold ...
    assert.ok(other!.cost!.totalNano > at!.cost!.totalNano);
    // ... the conversation is not.
    assert.ok(compared(warm, 'p/cheaper') < compared(warm, 'p/dear'));
    const last = decided(home('p/dear', { calls: 0 }));
    assert.equal(last.candidates[1]!.switchNano, undefined);
    assert.ok(compared(last, 'p/cheaper') > compared(last, 'p/dear'));
  });

  test('a cold cache, or calls too far apart for one, hold nobody', () => {
    const cold = decided(
      home('p/dear', { warm: [{ deployment: 'p/dear', tokens: 20_000, atMs: nowMs - 900_000 }] }),
    );
    assert.equal(cold.candidates[0]!.cost!.cachedInputNano, 0);
    assert.ok(compared(cold, 'p/cheaper') < compared(cold, 'p/dear'));
    const rare = decided(home('p/dear', { gapMs: 3_600_000 }));
    const soon = decided(home('p/dear', { gapMs: 1000 }));
    assert.ok(rare.candidates[1]!.switchNano! > 0.2 * soon.candidates[1]!.switchNano!);
  });

  test('a return finds its cache warm: both places are priced as what they hold', () => {
    const both = home('p/dear', {
      warm: ['p/cheaper', 'p/dear'].map((deployment) => ({ deployment, tokens: 20_000, atMs: nowMs - 1000 })),
    });
    const decision = decided(both);
    for (const { cost, switchNano } of decision.candidates) {
      assert.ok(cost!.cachedInputNano > 0);
      assert.equal(switchNano, undefined);
    }
  });

  test('what is cached only where it is marked is neither written nor counted on without marks', () => {
    const marked = {
      ...cheaper,
      rates: { ...cheaper.rates!, cacheWrite: 5_000_000 },
      candidate: withCache(cheaper, { lifetimeMs: 300_000, tokensMin: 1024, marked: true }),
    };
    const of = (cacheMarks: boolean) =>
      decide(
        input(turn, {
          nowMs,
          reference: dear.candidate,
          candidates: [dear, marked],
          session: home('p/dear'),
          cacheMarks,
        }),
        predictor,
      ).candidates[1]!;
    assert.equal(of(false).cost!.cacheWriteNano, undefined);
    assert.equal(of(false).switchNano, undefined);
    assert.ok(of(true).cost!.cacheWriteNano! > 0);
    assert.ok(of(true).switchNano! < 0);
  });
});

function withCache(
  { candidate: one }: PricedCandidate,
  promptCache: { lifetimeMs: number; tokensMin: number; marked: boolean },
) {
  const { provider } = one.deployment;
  const quirks = { ...provider.quirks, promptCache };
  return { ...one, deployment: { ...one.deployment, provider: { ...provider, quirks } } };
}

describe('when a conversation may change hands', () => {
  const { shape } = read(chat(['a', assistant('b'), 'c']));
  const state = home('p/dear');

  test('a lesser model may take over with a new ask only', () => {
    const allowed = (change: Partial<Shape>, session: SessionState | undefined = state) =>
      downgradeAllowed({ ...shape, ...change }, session);
    assert.equal(allowed({}), true);
    assert.equal(allowed({ userTurns: 1 }), false);
    assert.equal(allowed({ turn: 'tool-result' }), false);
    assert.equal(allowed({ openToolLoop: true }), false);
    assert.equal(downgradeAllowed({ ...shape, userTurns: 1 }, undefined), true);
    for (const turn of ['title', 'compaction'] as const) assert.equal(allowed({ turn, userTurns: 1 }), true);
  });

  test('a retry of the same ask is not answered by a lesser model, and may be by a better one', () => {
    const near = rated('near', 87, [0.2, 0.4]);
    const strong = rated('strong', 88, [10, 30]);
    const retry = chat(['Translate to French: good morning.']);
    const at = (id: string) =>
      decide(
        input(retry, { reference: strong.candidate, candidates: [strong, near], session: home(id) }),
        predictor,
      );
    const held = at('p/strong');
    assert.equal(held.plan[0], 'p/strong');
    assert.deepEqual(
      held.excluded.map(({ candidate: id, rule }) => [id, rule]),
      [['p/near', 'session.downgrade']],
    );
    assert.deepEqual(at('p/near').excluded, []);
  });

  /** Who serves each request, with what is remembered of those before: the reference the first, while there is money; then quality is worth nothing. */
  function served(requests: ChatRequest[], sessionHeader?: string) {
    const near = rated('near', 75, [0.2, 0.4]);
    const strong = rated('strong', 88, [10, 30]);
    const memory = new SessionMemory();
    return requests.map((request, i) => {
      const reading = readRequest(request, { keyId: 'k', sessionHeader });
      const { plan } = decide(
        input(request, {
          reading,
          reference: strong.candidate,
          candidates: [strong, near],
          target: { kind: 'usd-per-quality', value: 1e-9 },
          session: memory.stateOf(reading.shape, nowMs + i),
        }),
        predictor,
      );
      const deployment = i === 0 ? strong.candidate.id : plan[0]!;
      const usage = { ...noTokens, inputTokens: 100, outputTokens: 200 };
      memory.served(reading.shape, { candidate: deployment, deployment, usage, cache: undefined }, nowMs + i);
      return deployment;
    });
  }

  for (const header of [undefined, 'a session'])
    test(`an ask that is sent again is held a few times, a request sent for ever is not (${header ?? 'no session header'})`, () => {
      const one = chat([system('Answer with the words alone.'), 'Translate to French: good morning.']);
      const held = served(Array<ChatRequest>(repeatsHeldMax + 5).fill(one), header);
      assert.deepEqual(held.slice(0, repeatsHeldMax + 1), Array(repeatsHeldMax + 1).fill('p/strong'));
      assert.deepEqual(held.slice(repeatsHeldMax + 1), Array(4).fill('p/near'));
    });

  test('requests that begin alike and ask something else are asks of their own', () => {
    const examples = [system('Translate to French.'), 'Good morning.', assistant('Bonjour.')];
    const labelled = ['Translate: good night.', 'Translate: see you tomorrow.', 'Translate: thanks.'].map(
      (text) => chat([...examples, text]),
    );
    assert.deepEqual(served(labelled), ['p/strong', 'p/near', 'p/near']);
  });

  test('what is added to an ask is held however often it was repeated', () => {
    const ask = chat(['Translate to French: good morning.']);
    const begun = chat(['Translate to French: good morning.', assistant('Bon')]);
    const all = served([...Array<ChatRequest>(repeatsHeldMax + 1).fill(ask), begun, ask]);
    assert.deepEqual(all, [...Array(repeatsHeldMax + 2).fill('p/strong'), 'p/near']);
  });

  test('further calls are counted on only where there were some', () => {
    assert.equal(furtherCalls({ calls: 0 }), 0);
    assert.equal(furtherCalls({ calls: 5 }), 5);
    assert.equal(furtherCalls({ calls: 1e9 }), 20);
  });
});
