import type { Route, RouteStance, Snapshot } from '../../gateway/index.ts';
import type { Decision, LengthsState, OwnOutcomes } from '../../router/index.ts';
import { flipAllowance } from '../../router/index.ts';
import type { Clock, IdSource, NanoUsd } from '../../std/index.ts';
import { type MixShift, MixWatch } from '../drift/mix-watch.ts';
import type { ProviderChange } from '../drift/prober.ts';
import { JudgeWatch } from '../labels/judge-watch.ts';
import { lossesOf, toBeLabelled } from '../labels/labelled.ts';
import { certificateOf } from '../lifecycle/certificate-of.ts';
import { changedParts, fingerprintOf } from '../lifecycle/fingerprint.ts';
import { frozenKnowledge } from '../lifecycle/frozen-knowledge.ts';
import { type Outlook, outlookOf } from '../lifecycle/outlook.ts';
import { PolicyRun } from '../lifecycle/policy-run.ts';
import { FlipSample } from '../lifecycle/rungs.ts';
import {
  alarmSentence,
  causeSentence,
  certificateSentence,
  changedSentence,
  frozenSentence,
  judgeChangedSentence,
  mixSentence,
  providerSentence,
} from '../lifecycle/sentences.ts';
import type { Certificate, FrozenPolicy, Stage, StoryEvent } from '../lifecycle/state.ts';
import type { Label, Pair } from '../pairs/pair.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import { deltaOf } from '../stats/spending.ts';
import type { UnitDraw } from '../units/session-units.ts';
import { noCounts, type RouteCounts, type StoredRouteState } from './route-state.ts';

export interface RouteProofTools {
  clock: Pick<Clock, 'nowMs'>;
  ids: IdSource;
  /** In [0, 1). */
  random(): number;
  /** Of this program: it is part of what decides. */
  version: string;
  /** What is learned now, to be frozen. */
  own(): ReturnType<OwnOutcomes['state']>;
  lengths(): LengthsState;
  /** P(people are asked about a pair) at which they are asked as often as the route says, 0..1; 0 = never. */
  labelShare(): number;
  /** What is to be stored, in order. */
  wrote(written: Written): void;
}

/** Something that must outlive the process. */
export type Written =
  | { kind: 'policy'; policy: FrozenPolicy }
  | { kind: 'certificate'; certificate: Certificate }
  | { kind: 'event'; event: StoryEvent }
  /** Its pairs may teach from now on. */
  | { kind: 'ended'; policy: FrozenPolicy };

/** How a route is configured now. */
export interface ConfiguredRoute {
  route: Route;
  snapshot: Snapshot;
  settings: RouteProofSettings;
}

/** With more of the drawn requests lost, what is left may not be like what was drawn. */
const lostShareMax = 0.05;
/** Sessions that taught, as they are remembered; the first are forgotten first, by then they are over. */
const learnSessionsMax = 20_000;
const dayMs = 86_400_000;

/**
 * One route on its way from observation to a certificate and back. All of it happens by itself, each step is told, and only evidence lets it route more to cheaper models. Synchronous; what is
 * to be stored is handed out.
 */
export class RouteProof {
  readonly #tools: RouteProofTools;
  #now: ConfiguredRoute;
  #stage: Stage;
  #run: PolicyRun | undefined;
  #certificate: Certificate | undefined;
  #counts: RouteCounts = noCounts();
  #ordinal = 0;
  #proofCostNano: NanoUsd = 0;
  #lastPairId: string | undefined;
  readonly #flips: FlipSample;
  readonly #judge: JudgeWatch;
  /** Of the requests since the policy was frozen. */
  #mix = new MixWatch();
  readonly #learnSessions = new Set<string>();
  /** Policies that are over, whose pairs are yet to teach: before they have, nothing is frozen. */
  readonly #teaching = new Set<string>();

  constructor(configured: ConfiguredRoute, tools: RouteProofTools) {
    this.#now = configured;
    this.#tools = tools;
    this.#stage = 'observe';
    this.#flips = new FlipSample(tools.random);
    this.#judge = new JudgeWatch(tools.random);
  }

  get stage(): Stage {
    return this.#stage;
  }

  get policy(): FrozenPolicy | undefined {
    return this.#run?.policy;
  }

  get run(): PolicyRun | undefined {
    return this.#run;
  }

  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  get configured(): ConfiguredRoute {
    return this.#now;
  }

  get counts(): Readonly<RouteCounts> {
    return this.#counts;
  }

  get proofCostNano(): NanoUsd {
    return this.#proofCostNano;
  }

  /** What is still to come; undefined while the route learns. */
  outlook(): Outlook | undefined {
    return this.#run && outlookOf(this.#run, this.#counts.pairs);
  }

  /** How requests are decided now. */
  stance(): RouteStance {
    const run = this.#run;
    const mode = this.#stage === 'retreated' ? 'observe' : this.#stage;
    if (run === undefined) return { mode };
    const rung = this.#stage === 'certified' ? this.#certificate?.rung : undefined;
    return { mode, ladder: run.ladder(rung), frozen: run.frozen };
  }

  /** Whether pairs of the session could only teach. */
  isLearned(session: string): boolean {
    return this.#run?.learned.has(session) ?? false;
  }

  /** How the session was drawn, where sessions are what is drawn and it goes on. */
  drawOf(session: string): UnitDraw | undefined {
    return this.#run?.drawOf(session);
  }

  /** What labels say of the judge. */
  get judge(): JudgeWatch {
    return this.#judge;
  }

  /** Pairs that people are to be asked about, the first first. */
  get openLabels(): string[] {
    return [...this.#judge.open, ...(this.#run?.openLabels ?? [])];
  }

  /** A covered request of the route was answered; a `propensityLeast` of 0 means that nothing is drawn now. */
  answered(decision: Decision, draw: UnitDraw, atMs: number): void {
    this.#counts.requests += 1;
    this.#counts.covered += 1;
    this.#flips.add(flipAllowance(decision.candidates, decision.reference));
    const { ladder } = decision;
    if (this.#run === undefined || ladder?.policy !== this.#run.policy.id) return;
    if (this.#certificate !== undefined) this.#counts.requestsCertified += 1;
    this.#run.answered(decision, ladder, draw, atMs);
    const shift = this.#mix.add(decision.shape.language, decision.shape.task);
    if (shift !== undefined) this.#shifted(shift);
    this.#proceed();
  }

  /** One that no certificate speaks of. */
  uncovered(): void {
    this.#counts.requests += 1;
  }

  drew(): void {
    this.#counts.drawn += 1;
  }

  /** A drawn request that will never be a pair. */
  lost(): void {
    this.#counts.lost += 1;
  }

  spent(nano: NanoUsd): void {
    this.#proofCostNano += nano;
  }

  /** A pair is graded and stored. */
  paired(pair: Pair): void {
    this.#lastPairId = pair.id;
    const run = this.#run;
    if (pair.use === 'learn') {
      if (run === undefined) this.#learnedOf(pair);
    } else if (run !== undefined && pair.policy === run.policy.id) this.#tested(pair, run);
    this.#judge.paired(pair);
    this.#proceed();
  }

  /** People have said what they think of the answers of a pair. */
  labelled(pair: Pair, labels: readonly Label[]): void {
    const losses = lossesOf(labels);
    const { judgeChanged, cause } = this.#judge.labelled(pair, losses);
    const run = this.#run;
    if (
      run !== undefined &&
      pair.policy === run.policy.id &&
      toBeLabelled(pair).every((one) => losses.has(one))
    )
      run.labelled(pair, losses);
    if (judgeChanged) this.#judgeChanged();
    if (cause !== undefined) this.#tell('cause', causeSentence(cause), { ...cause });
    this.#proceed();
  }

  /** Time went by: sessions end, and labels that were asked for long ago do not come any more. */
  due(): void {
    const nowMs = this.#tools.clock.nowMs();
    this.#run?.due(nowMs, nowMs - this.#now.settings.captureDays * dayMs);
    this.#proceed();
  }

  /** The configuration was read again. */
  reconfigured(configured: ConfiguredRoute): void {
    this.#now = configured;
    const run = this.#run;
    if (run !== undefined) {
      const changed = changedParts(run.policy.fingerprint, this.#fingerprint(run.policy));
      if (changed.length > 0)
        this.#end('policy-ended', changedSentence(changed), { changed: changed.join(', ') });
    }
    this.#keepToGoal();
  }

  /** A provider serves something else under the same name: what was tested is no longer there. */
  providerChanged({ candidate, what, shown, of }: ProviderChange): void {
    const facts = { candidate, what, shown, of };
    const sentence = providerSentence(candidate, what, shown, of);
    if (this.#run === undefined) this.#tell('provider', sentence, facts);
    else this.#end('provider', sentence, facts);
  }

  /** The operator sends the route back to the reference; it gathers evidence anew. */
  retreat(why: string): void {
    this.#end('operator', why, {});
  }

  state(sampling: unknown): StoredRouteState {
    const run = this.#run?.state();
    return {
      version: 1,
      stage: this.#stage,
      policyId: this.#run?.policy.id,
      ordinal: this.#ordinal,
      counts: this.#counts,
      proofCostNano: this.#proofCostNano,
      learnSessions: [...this.#learnSessions],
      teaching: [...this.#teaching],
      lastPairId: this.#lastPairId,
      flips: this.#flips.state(),
      judge: this.#judge.state(),
      mix: this.#mix.state(),
      sampling,
      run,
      certificate: this.#certificate,
    };
  }

  /** Takes up what was stored; a policy that this configuration or version does not continue has ended. */
  restore(stored: StoredRouteState, policies: readonly FrozenPolicy[]): void {
    this.#counts = { ...noCounts(), ...stored.counts };
    this.#proofCostNano = stored.proofCostNano;
    this.#lastPairId = stored.lastPairId;
    this.#ordinal = Math.max(stored.ordinal, ...policies.map(({ ordinal }) => ordinal), 0);
    this.#flips.restore(stored.flips);
    this.#judge.restore(stored.judge);
    this.#mix.restore(stored.mix);
    for (const session of stored.learnSessions) this.#learnSessions.add(session);
    for (const policy of stored.teaching) this.#teaching.add(policy);
    this.#stage = stored.stage;
    this.#certificate = stored.certificate;
    const policy = policies.find(({ id }) => id === stored.policyId);
    if (policy === undefined) {
      if (stored.policyId !== undefined)
        this.#end('policy-ended', 'What was frozen of the policy is gone.', {});
      this.#keepToGoal();
      return;
    }
    const frozen = frozenKnowledge(policy, this.#now.snapshot.predictor);
    const run = frozen && new PolicyRun(policy, frozen, this.#now.settings);
    if (run?.restore(stored.run) !== true) {
      this.#end(
        'policy-ended',
        'What was frozen of the policy is of another version of this program.',
        {},
        policy,
      );
      return;
    }
    this.#run = run;
    this.reconfigured(this.#now);
  }

  /** All that was stored is read again: what was drawn and is not there was lost with the process, and policies that were stored last are never counted again. */
  resumed(policies: readonly FrozenPolicy[]): void {
    this.#ordinal = Math.max(this.#ordinal, ...policies.map(({ ordinal }) => ordinal));
    this.#counts.drawn = Math.max(this.#counts.drawn, this.#counts.pairs);
    this.#counts.lost = this.#counts.drawn - this.#counts.pairs;
    this.#keepToGoal();
  }

  /** A pair of the session teaches, so those of the next policy never count. */
  taughtBy(session: string): void {
    this.#remember(session);
  }

  /** All pairs of the policy, which is over, have taught. */
  taught(policy: string): void {
    this.#teaching.delete(policy);
    this.#proceed();
  }

  get lastPairId(): string | undefined {
    return this.#lastPairId;
  }

  #learnedOf({ session }: Pair): void {
    this.#counts.pairs += 1;
    this.#remember(session);
  }

  #remember(session: string): void {
    this.#learnSessions.add(session);
    if (this.#learnSessions.size <= learnSessionsMax) return;
    const [first] = this.#learnSessions;
    if (first !== undefined) this.#learnSessions.delete(first);
  }

  #tested(pair: Pair, run: PolicyRun): void {
    this.#counts.pairs += 1;
    if (this.#certificate !== undefined) this.#counts.pairsCertified += 1;
    if (!run.paired(pair)) this.#counts.ungraded += 1;
  }

  /** The route gets other requests than it was tested on. */
  #shifted({ distance, grown, ends }: MixShift): void {
    const facts = { distance, grown: grown.kind, before: grown.before, now: grown.now };
    const sentence = mixSentence({ distance, grown, ends });
    if (ends && this.#certificate !== undefined) this.#end('policy-ended', sentence, facts);
    else this.#tell('mix', sentence, facts);
  }

  /** With a judge that people correct a certificate goes on to hold; one that believes the judge has lost what it rested on. */
  #judgeChanged(): void {
    const facts = { ...this.#judge.error };
    if (this.#run?.rectified !== undefined || this.#certificate === undefined)
      this.#tell('judge', judgeChangedSentence, facts);
    else this.#end('judge', judgeChangedSentence, facts);
  }

  /** Whatever evidence now allows or demands; at most one step, the next request or pair brings the next. */
  #proceed(): void {
    if (this.#run === undefined) {
      const { learnPairs } = this.#now.settings;
      if (this.#teaching.size === 0 && this.#counts.pairs >= learnPairs) this.#freeze();
      return;
    }
    if (this.#run.alarmed) {
      const { requestsCertified, pairsCertified } = this.#counts;
      if (this.#now.settings.anchorsPerWeek > 0) this.#judge.alarmed(this.#run.policy.id);
      this.#end('alarm', alarmSentence(requestsCertified, pairsCertified), {
        requestsCertified,
        pairsCertified,
      });
      return;
    }
    const { rung } = this.#run;
    if (rung === undefined || this.#lostShare() > lostShareMax) return;
    if (this.#certificate === undefined || rung > this.#certificate.rung) this.#certify(this.#run, rung);
  }

  #lostShare(): number {
    const { drawn, lost } = this.#counts;
    return drawn === 0 ? 0 : lost / drawn;
  }

  #freeze(): void {
    const allowances = this.#flips.allowances();
    if (allowances === undefined) return;
    const { settings } = this.#now;
    const learned = this.#counts.pairs;
    this.#ordinal += 1;
    const policy: FrozenPolicy = {
      id: this.#tools.ids('pol'),
      route: this.#now.route.name,
      ordinal: this.#ordinal,
      delta: deltaOf(settings.delta, this.#ordinal),
      quality: settings.quality,
      allowances,
      fingerprint: {},
      frozenAtMs: this.#tools.clock.nowMs(),
      labelShare: settings.require === 'human' ? this.#tools.labelShare() : undefined,
      learnedSessions: [...this.#learnSessions],
      own: this.#now.route.learn === 'off' ? undefined : JSON.stringify(this.#tools.own()),
      lengths: JSON.stringify(this.#tools.lengths()),
    };
    policy.fingerprint = this.#fingerprint(policy);
    const frozen = frozenKnowledge(policy, this.#now.snapshot.predictor);
    if (frozen === undefined) return;
    this.#run = new PolicyRun(policy, frozen, settings);
    this.#mix = new MixWatch();
    this.#learnSessions.clear();
    this.#counts = noCounts();
    this.#tools.wrote({ kind: 'policy', policy });
    this.#tell('frozen', frozenSentence(policy, learned), { policy: policy.id, rungs: allowances.length });
    if (settings.goal !== 'observe')
      this.#moveTo('assist', 'The route goes on as in assist while its policy is tested.');
  }

  #fingerprint({ quality, allowances, own, lengths }: FrozenPolicy) {
    const { route, snapshot, settings } = this.#now;
    return fingerprintOf({
      route,
      snapshot,
      version: this.#tools.version,
      quality: settings.quality,
      allowances,
      own,
      lengths,
      graders: [
        settings.judges.map(({ candidates }) => candidates.map(({ id }) => id)),
        settings.graders,
        settings.require,
        quality,
      ],
      unit: settings.unit,
    });
  }

  #certify(run: PolicyRun, rung: number): void {
    const nowMs = this.#tools.clock.nowMs();
    const before = this.#certificate;
    if (before !== undefined)
      this.#endCertificate(
        `evidence allowed a more liberal rung (${rung + 1} instead of ${before.rung + 1})`,
      );
    const certificate = certificateOf(run, rung, {
      id: this.#tools.ids('crt'),
      judges: this.#now.settings.judges,
      counts: this.#counts,
      proofCostNano: this.#proofCostNano,
      nowMs,
    });
    this.#certificate = certificate;
    this.#tools.wrote({ kind: 'certificate', certificate });
    const facts = { certificate: certificate.id, rung, policy: run.policy.id };
    this.#tell(before === undefined ? 'certified' : 'climbed', certificateSentence(certificate), facts);
    if (!run.watched) {
      this.#counts.requestsCertified = 0;
      this.#counts.pairsCertified = 0;
    }
    run.watch(rung);
    if (this.#now.settings.goal === 'certified')
      this.#moveTo('certified', `The certified rung decides: ${certificate.id}.`);
  }

  #end(
    kind: 'alarm' | 'judge' | 'provider' | 'policy-ended' | 'operator',
    sentence: string,
    facts: StoryEvent['facts'],
    policy: FrozenPolicy | undefined = this.#run?.policy,
  ): void {
    if (this.#certificate !== undefined) this.#endCertificate(sentence);
    this.#certificate = undefined;
    this.#run = undefined;
    this.#counts = noCounts();
    this.#tell(kind, sentence, { ...facts, ...(policy !== undefined && { policy: policy.id }) });
    if (policy !== undefined) {
      this.#teaching.add(policy.id);
      this.#tools.wrote({ kind: 'ended', policy });
    }
    this.#moveTo('retreated', 'The reference answers until there is evidence for another policy.');
  }

  #endCertificate(because: string): void {
    if (this.#certificate === undefined) return;
    const ended = { ...this.#certificate, endedAtMs: this.#tools.clock.nowMs(), endedBecause: because };
    this.#tools.wrote({ kind: 'certificate', certificate: ended });
  }

  /** A goal that was lowered holds at once; one that was raised waits for evidence. */
  #keepToGoal(): void {
    const { goal } = this.#now.settings;
    const why = `The configuration says mode ${goal}.`;
    if (goal === 'observe' && (this.#stage === 'assist' || this.#stage === 'certified'))
      this.#moveTo('observe', why);
    else if (goal === 'assist' && this.#stage !== 'assist' && this.#stage !== 'retreated')
      this.#moveTo('assist', why);
    else if (goal === 'certified' && this.#certificate !== undefined) this.#moveTo('certified', why);
  }

  #moveTo(stage: Stage, sentence: string): void {
    const from = this.#stage;
    if (from === stage) return;
    this.#stage = stage;
    this.#tell('stage', sentence, {}, from, stage);
  }

  #tell(
    kind: StoryEvent['kind'],
    sentence: string,
    facts: StoryEvent['facts'],
    from?: Stage,
    to?: Stage,
  ): void {
    const { ids, clock, wrote } = this.#tools;
    const event = {
      id: ids('evt'),
      route: this.#now.route.name,
      atMs: clock.nowMs(),
      kind,
      from,
      to,
      sentence,
      facts,
    };
    wrote({ kind: 'event', event });
  }
}
