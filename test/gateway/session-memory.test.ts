import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionMemory } from '../../src/gateway/index.ts';
import { conversationsMax, restMsMax, type Served, warmPlacesMax } from '../../src/gateway/session-memory.ts';
import { noUsage } from '../../src/protocol/index.ts';

type Signs = Parameters<SessionMemory['stateOf']>[0];

const signs = (change: Partial<Signs> = {}): Signs => ({
  sessionKey: 'ses',
  conversationKey: 'main',
  turn: 'main',
  userTurns: 1,
  askChars: 10,
  messages: 2,
  openToolLoop: false,
  providerBoundState: false,
  ...change,
});

const by = (deployment: string, inputTokens = 2000, more: Partial<Served> = {}): Served => ({
  candidate: deployment,
  deployment,
  usage: { ...noUsage, inputTokens, outputTokens: 300, reasoningTokens: 100 },
  cache: undefined,
  ...more,
});

test('a conversation lives where its last turn was answered, and every place that answered it may be warm', () => {
  const memory = new SessionMemory();
  assert.equal(memory.stateOf(signs(), 0), undefined);
  memory.served(signs(), by('p/a', 2000, { candidate: 'p/a#high' }), 1000);
  memory.served(signs({ userTurns: 2, messages: 4 }), by('p/b', 4000), 5000);
  assert.deepEqual(memory.stateOf(signs(), 6000), {
    home: { candidate: 'p/b', deployment: 'p/b', userTurns: 2, askChars: 10, messages: 4, repeats: 0 },
    // Thinking is not sent again, so it is not part of the next prompt.
    warm: [
      { deployment: 'p/a', tokens: 2200, atMs: 1000 },
      { deployment: 'p/b', tokens: 4200, atMs: 5000 },
    ],
    calls: 2,
    gapMs: 4000,
  });
});

test('where only what is marked is cached, the vendor says how much that was', () => {
  const memory = new SessionMemory();
  const usage = {
    ...noUsage,
    inputTokens: 9000,
    cacheReadTokens: 3000,
    cacheWriteTokens: 1000,
    outputTokens: 50,
  };
  const cache = { lifetimeMs: 1, tokensMin: 1, marked: true };
  memory.served(signs(), by('p/a', 0, { usage, cache }), 0);
  assert.equal(memory.stateOf(signs(), 0)!.warm[0]!.tokens, 4000);
  memory.served(signs(), by('p/a', 0, { usage: undefined, cache }), 0);
  assert.equal(memory.stateOf(signs(), 0)!.warm[0]!.tokens, 0);
});

test('titles and compactions never move a conversation, but what they leave in a cache is noted', () => {
  const memory = new SessionMemory();
  memory.served(signs({ userTurns: 3 }), by('p/a'), 0);
  for (const turn of ['title', 'compaction'] as const) {
    memory.served(signs({ turn, userTurns: 4 }), by('p/cheap', 5000), 10);
    const state = memory.stateOf(signs(), 20)!;
    assert.equal(state.home?.deployment, 'p/a');
    assert.equal(state.home.userTurns, 3);
    assert.equal(state.calls, 1);
    assert.equal(state.warm.find(({ deployment }) => deployment === 'p/cheap')?.tokens, 5200);
  }
  memory.served(signs({ conversationKey: 'first', turn: 'title' }), by('p/cheap'), 30);
  assert.equal(memory.stateOf(signs({ conversationKey: 'first' }), 40)!.home, undefined);
});

test('how often one ask was begun again is counted, and neither its loop nor another ask of the same turn is', () => {
  const memory = new SessionMemory();
  const repeats = (change: Partial<Signs> = {}) => {
    memory.served(signs(change), by('p/a'), 0);
    return memory.stateOf(signs(), 0)!.home!.repeats;
  };
  assert.equal(repeats(), 0);
  assert.equal(repeats(), 1);
  assert.equal(repeats({ messages: 4 }), 1);
  assert.equal(repeats(), 2);
  assert.equal(repeats({ turn: 'title', askChars: 50 }), 2);
  assert.equal(repeats({ askChars: 11 }), 0);
  assert.equal(repeats({ userTurns: 2 }), 0);
});

test('an answer that was not given out warms its maker’s cache and moves nothing', () => {
  const memory = new SessionMemory();
  memory.warmed(signs(), by('p/voter'), 0);
  memory.served(signs(), by('p/a'), 0);
  assert.deepEqual(memory.stateOf(signs(), 1), {
    home: { candidate: 'p/a', deployment: 'p/a', userTurns: 1, askChars: 10, messages: 2, repeats: 0 },
    warm: [
      { deployment: 'p/voter', tokens: 2200, atMs: 0 },
      { deployment: 'p/a', tokens: 2200, atMs: 0 },
    ],
    calls: 1,
    gapMs: undefined,
  });
});

test('sub-agents under one session header have conversations of their own', () => {
  const memory = new SessionMemory();
  memory.served(signs(), by('p/a'), 0);
  memory.served(signs({ conversationKey: 'sub', turn: 'sub-agent' }), by('p/b'), 1);
  assert.equal(memory.stateOf(signs(), 2)!.home!.deployment, 'p/a');
  const loop = { turn: 'tool-result', openToolLoop: true } as const;
  assert.equal(memory.stateOf(signs({ conversationKey: 'sub', ...loop }), 2)!.home!.deployment, 'p/b');
});

test('an open loop whose beginning was rewritten goes on where the main conversation is; its prefix is cold', () => {
  const memory = new SessionMemory();
  memory.served(signs(), by('p/a'), 0);
  memory.served(signs({ conversationKey: 'sub', turn: 'sub-agent' }), by('p/b'), 1);
  const rewritten = signs({ conversationKey: 'condensed', openToolLoop: true });
  const state = memory.stateOf(rewritten, 2)!;
  assert.equal(state.home!.deployment, 'p/a');
  assert.deepEqual([state.warm, state.calls], [[], 0]);
  assert.equal(memory.stateOf({ ...rewritten, openToolLoop: false }, 2), undefined);
  assert.equal(memory.stateOf(signs({ ...rewritten, sessionKey: 'other' }), 2), undefined);
});

test('a conversation that rested for long starts anew', () => {
  const memory = new SessionMemory();
  memory.served(signs(), by('p/a'), 0);
  assert.ok(memory.stateOf(signs(), restMsMax) !== undefined);
  assert.equal(memory.stateOf(signs(), restMsMax + 1), undefined);
  memory.served(signs(), by('p/b'), restMsMax + 1);
  assert.equal(memory.stateOf(signs(), restMsMax + 2)!.calls, 1);
});

test('places and conversations are bounded; the longest unused go first', () => {
  const memory = new SessionMemory();
  for (let i = 0; i <= warmPlacesMax; i++) memory.served(signs(), by(`p/${i}`), i);
  assert.deepEqual(
    memory.stateOf(signs(), 100)!.warm.map(({ deployment }) => deployment),
    Array.from({ length: warmPlacesMax }, (_, i) => `p/${i + 1}`),
  );
  for (let i = 0; i < conversationsMax; i++) memory.served(signs({ sessionKey: `s${i}` }), by('p/x'), 200);
  assert.equal(memory.size, conversationsMax);
  assert.equal(memory.stateOf(signs(), 201), undefined);
  assert.ok(memory.stateOf(signs({ sessionKey: 's0' }), 201) !== undefined);
});
