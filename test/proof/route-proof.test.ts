import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import type { Route, Snapshot } from '../../src/gateway/index.ts';
import { noPolicy } from '../../src/policy/index.ts';
import { type ConfiguredRoute, RouteProof, type Written } from '../../src/proof/desk/route-proof.ts';
import { readRouteState } from '../../src/proof/desk/route-state.ts';
import type { FrozenPolicy } from '../../src/proof/lifecycle/state.ts';
import type { Pair } from '../../src/proof/pairs/pair.ts';
import type { RouteProofSettings } from '../../src/proof/route-settings.ts';
import {
  type Decision,
  decide,
  loadShippedPredictor,
  OutputLengths,
  OwnOutcomes,
} from '../../src/router/index.ts';
import { chat, input, near, strong } from '../router/fixtures.ts';
import { pairAnswer } from '../support/pair-answer.ts';

const predictor = loadShippedPredictor();
const reference = 'p/strong';
const cheap = 'p/near';
const asks = [
  'Translate to French: good morning.',
  'Why did the treaty fail?',
  'Prove that there are infinitely many primes, and that the proof needs no axiom of choice.',
  'Summarise: the cat sat on the mat.',
  'Write a haiku about rain.',
].map((text) => chat([text]));

const usual: RouteProofSettings = {
  goal: 'certified',
  quality: 0.95,
  delta: 0.05,
  judges: [],
  graders: [],
  unit: 'request',
  shareMax: 1,
  shareCertified: 1,
  shareMin: 1,
  budgetUsdPerDay: undefined,
  anchorsPerWeek: 0,
  require: 'judge',
  learnPairs: 60,
  idleMs: 1,
  probeMs: undefined,
  capture: 'none',
  captureDays: 1,
};

function configured(more: Partial<RouteProofSettings> = {}, route: Partial<Route> = {}): ConfiguredRoute {
  const candidates = [strong, near].map(({ candidate }) => candidate);
  return {
    route: {
      name: 'auto',
      reference: candidates[0],
      candidates,
      cascade: { checks: true, votes: false, holdMs: 0 },
      ...route,
    } as Route,
    snapshot: { predictor, policy: noPolicy } as Snapshot,
    settings: { ...usual, ...more },
  };
}

describe('a route on its way to a certificate and back', () => {
  let written: Written[] = [];
  let random = createRandom(1);
  let count = 0;

  beforeEach(() => {
    written = [];
    random = createRandom(1);
    count = 0;
  });

  const make = (from = configured()): RouteProof =>
    new RouteProof(from, {
      clock: { nowMs: () => count },
      ids: (prefix) => {
        count += 1;
        return `${prefix}_${String(count).padStart(8, '0')}`;
      },
      random,
      version: '1',
      own: () => new OwnOutcomes(predictor).state(),
      lengths: () => new OutputLengths().state(),
      labelShare: () => 0.5,
      wrote: (one) => written.push(one),
    });

  /** As the route would decide it now. */
  function decision(proof: RouteProof): Decision {
    const { mode, ladder } = proof.stance();
    const ask = asks[Math.floor(random() * asks.length)]!;
    const more = { mode, candidates: [strong, near], ...(ladder !== undefined && { ladder }) };
    return decide(input(ask, more), predictor);
  }

  /** One answered request, which becomes a pair; the cheap answer is worse with this chance. */
  function serve(proof: RouteProof, worse: number, session?: string): Decision {
    const made = decision(proof);
    const sessionKey = session ?? made.shape.sessionKey;
    const decided: Decision = { ...made, shape: { ...made.shape, sessionKey } };
    proof.answered(decided, { propensity: 1, propensityLeast: 1, drawn: true }, count);
    proof.drew();
    const { ladder } = decided;
    const rungs: string[] = [];
    for (let rung = 0; rung < (ladder?.rungs ?? 0); rung++)
      rungs.push(ladder!.steps.findLast((step) => step.rung <= rung)!.candidate);
    count += 1;
    const pair: Pair = {
      id: `pair_${String(count).padStart(8, '0')}`,
      route: 'auto',
      requestId: `req_${count}`,
      session: session ?? `s${count}`,
      atMs: count,
      policy: ladder?.policy,
      use: ladder === undefined ? 'learn' : 'test',
      stratum: 'all',
      propensity: 1,
      propensityLeast: 1,
      language: 'en',
      task: 'chat',
      reference,
      rungs,
      answers: [pairAnswer(reference, { loss: 0 }), pairAnswer(cheap, { loss: random() < worse ? 1 : 0 })],
      anchorPropensity: undefined,
      simulated: false,
    };
    proof.paired(pair);
    for (const one of written) if (one.kind === 'ended') proof.taught(one.policy.id);
    return decided;
  }

  function serveUntil(proof: RouteProof, worse: number, done: () => boolean, max = 3000): number {
    let n = 0;
    while (!done() && n < max) {
      serve(proof, worse);
      n += 1;
    }
    assert.ok(done(), `not within ${max} requests`);
    return n;
  }

  /** Three turns that are good or bad together. */
  function serveSession(proof: RouteProof, worse: number, key: string): void {
    const all = random() < worse ? 1 : 0;
    for (let turn = 0; turn < 3; turn++) serve(proof, all, key);
  }

  const kinds = () => written.flatMap((one) => (one.kind === 'event' ? [one.event.kind] : []));
  const stages = () =>
    written.flatMap((one) => (one.kind === 'event' && one.event.to !== undefined ? [one.event.to] : []));
  const policies = (): FrozenPolicy[] =>
    written.flatMap((one) => (one.kind === 'policy' ? [one.policy] : []));

  test('it observes, learns, is frozen, is certified on evidence alone, and tells each step', () => {
    const proof = make();
    assert.equal(serve(proof, 0.01).plan[0], reference);
    serveUntil(proof, 0.01, () => proof.stage === 'assist');
    assert.equal(proof.policy!.learnedSessions.length, 60);
    assert.equal(proof.counts.pairs, 0, 'what taught it does not count');
    serveUntil(proof, 0.01, () => proof.stage === 'certified');
    const { certificate } = proof;
    assert.ok(certificate);
    assert.ok(certificate.evidence.lossBound <= 0.05 + 1e-9);
    assert.ok(certificate.evidence.loss <= certificate.evidence.lossBound);
    assert.ok(certificate.evidence.savedShare > 0);
    const decided = serve(proof, 0.01);
    assert.deepEqual([decided.mode, decided.quality], ['certified', 'certified']);
    assert.deepEqual(stages(), ['assist', 'certified']);
    assert.deepEqual(kinds().slice(0, 4), ['frozen', 'stage', 'certified', 'stage']);
    for (const one of written) if (one.kind === 'event') assert.ok(one.event.sentence.length > 20);
  });

  test('with sessions as units each counts once, when it is over, and it goes on after a restart', () => {
    const settings = configured({ unit: 'session', idleMs: 40 });
    let proof = make(settings);
    let session = 0;
    const next = (worse: number) => {
      session += 1;
      serveSession(proof, worse, `session-${session}`);
    };
    while (proof.stage === 'observe') next(0.01);
    for (let i = 0; i < 30; i++) next(0.01);
    const pairs = proof.counts.pairs;
    assert.equal(pairs % 3, 0);
    assert.ok(
      proof.run!.drawnUnits > 5 && proof.run!.drawnUnits < pairs / 3,
      `${proof.run!.drawnUnits} of ${pairs}`,
    );
    const before = proof.run!.drawnUnits;
    const state = readRouteState(JSON.stringify(proof.state(undefined)))!;
    const again = make(settings);
    again.restore(state, policies());
    again.resumed(policies());
    assert.equal(again.run!.drawnUnits, before);
    proof = again;
    for (let i = 0; i < 900 && proof.stage !== 'certified'; i++) next(0.01);
    assert.equal(proof.stage, 'certified');
    const { units, pairs: counted } = proof.certificate!.evidence;
    assert.ok(units <= counted / 3 && units > counted / 4, `${units} of ${counted}`);
  });

  test('a route whose cheap answers are bad is not certified', () => {
    const proof = make();
    for (let i = 0; i < 1200; i++) serve(proof, 0.4);
    assert.equal(proof.certificate, undefined);
    assert.equal(proof.stage, 'assist');
  });

  test('it goes back to the reference when the cheap model gets worse, and begins anew with less to spend', () => {
    const proof = make();
    serveUntil(proof, 0.01, () => proof.certificate !== undefined && proof.certificate.rung >= 3);
    const first = proof.policy!;
    const requests = serveUntil(proof, 0.6, () => proof.stage === 'retreated', 600);
    assert.ok(requests < 600);
    assert.equal(serve(proof, 0.6).plan[0], reference);
    const ended = written.filter(
      (one) => one.kind === 'certificate' && one.certificate.endedAtMs !== undefined,
    );
    assert.ok(ended.length > 0);
    assert.ok(written.some((one) => one.kind === 'ended' && one.policy.id === first.id));
    assert.ok(kinds().includes('alarm'));
    serveUntil(proof, 0.6, () => proof.policy !== undefined);
    assert.equal(policies()[1]!.ordinal, 2);
    assert.ok(Math.abs(policies()[1]!.delta - policies()[0]!.delta / 4) < 1e-12);
  });

  test('a change of what decides ends the policy, and says what changed', () => {
    const proof = make();
    serveUntil(proof, 0.01, () => proof.stage === 'certified');
    proof.reconfigured(configured());
    assert.equal(proof.stage, 'certified', 'the same again changes nothing');
    proof.reconfigured(configured({ quality: 0.96 }));
    assert.equal(proof.stage, 'retreated');
    const last = written.findLast((one) => one.kind === 'event' && one.event.kind === 'policy-ended');
    assert.ok(last?.kind === 'event' && /target/.test(last.event.sentence));
  });

  test('a route that is to observe only is tested, and never routed', () => {
    const proof = make(configured({ goal: 'observe' }));
    serveUntil(proof, 0.01, () => proof.certificate !== undefined);
    assert.equal(proof.stage, 'observe');
    assert.equal(serve(proof, 0.01).plan[0], reference);
    proof.reconfigured(configured({ goal: 'certified' }));
    assert.equal(proof.stage, 'certified', 'the evidence is there when the operator wants it');
    proof.reconfigured(configured({ goal: 'observe' }));
    assert.equal(proof.stage, 'observe');
  });

  test('with too many drawn requests lost there is no certificate: what is left may not be like what was drawn', () => {
    const proof = make();
    serveUntil(proof, 0, () => proof.stage === 'assist');
    for (let i = 0; i < 600; i++) {
      if (i % 5 === 0) {
        proof.drew();
        proof.lost();
      }
      serve(proof, 0);
    }
    assert.ok(proof.run!.test.certified > 0);
    assert.equal(proof.certificate, undefined);
  });

  test('it goes on after a restart where it was, and a version that decides otherwise begins anew', () => {
    const proof = make();
    serveUntil(proof, 0.01, () => proof.stage === 'certified');
    const stored = readRouteState(JSON.stringify(proof.state(undefined)));
    assert.ok(stored);
    const again = make();
    again.restore(stored, policies());
    assert.equal(again.stage, 'certified');
    const asStored = (one: RouteProof): unknown => JSON.parse(JSON.stringify(one.state(undefined)));
    assert.deepEqual(asStored(again), asStored(proof));
    assert.deepEqual(again.stance().ladder, proof.stance().ladder);
    const other = make(configured({ unit: 'session' }));
    other.restore(stored, policies());
    assert.equal(other.stage, 'retreated');
    const gone = make();
    gone.restore(stored, []);
    assert.equal(gone.stage, 'retreated');
    assert.equal(gone.certificate, undefined);
    assert.equal(readRouteState('torn{'), undefined);
    assert.equal(readRouteState('{"version":2}'), undefined);
  });

  test('an operator may send it back at any time', () => {
    const proof = make();
    serveUntil(proof, 0.01, () => proof.stage === 'certified');
    proof.retreat('Somebody said so.');
    assert.equal(proof.stage, 'retreated');
    assert.ok(kinds().includes('operator'));
  });
});
