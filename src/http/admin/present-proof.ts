import type { CanaryStatus, Certificate, Pair, ProvedRoute, StoryEvent } from '../../proof/index.ts';
import { usdFromNano } from '../../std/index.ts';
import type {
  CanaryView,
  CertificateView,
  PairView,
  RouteProofView,
  StoryEventView,
} from './proof-contract.ts';

const time = (ms: number): string => new Date(ms).toISOString();

export function presentCertificate(one: Certificate): CertificateView {
  const { id, route, policy, ordinal, kind, quality, confidence, rung, evidence } = one;
  return {
    id,
    route,
    policy,
    ordinal,
    kind,
    quality,
    confidence,
    rung,
    evidence: {
      requests: evidence.requests,
      pairs: evidence.pairs,
      units: evidence.units,
      anchors: evidence.anchors,
      judge: evidence.judge ?? null,
      loss: evidence.loss,
      loss_bound: evidence.lossBound,
      cheap_share: evidence.cheapShare,
      saved_share: evidence.savedShare,
      proof_usd: usdFromNano(evidence.proofCostNano),
    },
    issued_at: time(one.issuedAtMs),
    ended_at: one.endedAtMs === undefined ? null : time(one.endedAtMs),
    ended_because: one.endedBecause ?? null,
  };
}

export function presentRouteProof(proved: ProvedRoute): RouteProofView {
  const { proof } = proved;
  const { stage, policy, certificate, counts, configured } = proof;
  const { requests, covered, drawn, lost, pairs, ungraded } = counts;
  const outlook = proof.outlook();
  const { goal, quality, learnPairs } = configured.settings;
  return {
    route: configured.route.name,
    goal,
    stage,
    quality,
    policy:
      policy === undefined
        ? null
        : {
            id: policy.id,
            ordinal: policy.ordinal,
            delta: policy.delta,
            rungs: policy.allowances.length,
            frozen_at: time(policy.frozenAtMs),
            fingerprint: policy.fingerprint,
          },
    certificate: certificate === undefined ? null : presentCertificate(certificate),
    counts: {
      requests,
      covered,
      drawn,
      lost,
      pairs,
      ungraded,
      waiting: Math.max(0, drawn - lost - pairs),
    },
    outlook:
      outlook === undefined
        ? null
        : {
            rung: outlook.rung ?? null,
            progress: outlook.progress,
            loss: outlook.loss ?? null,
            loss_allowed: outlook.lossAllowed,
            pairs_to_come: outlook.pairsToCome ?? null,
          },
    labels: {
      share: policy?.labelShare ?? null,
      given: proof.run?.rectified?.labels ?? 0,
      waiting: proof.run?.waitingUnits ?? 0,
      needed: outlook?.labels?.needed ?? null,
      smallest_loss: outlook?.labels?.smallestLoss ?? null,
      judge_error: proof.judge.error ?? null,
    },
    sentence:
      outlook?.sentence ??
      `The route learns: ${pairs} of ${learnPairs} pairs, then a policy is frozen and tested.`,
    proof_usd: usdFromNano(proof.proofCostNano),
    proof_usd_today: proved.spentToday(),
  };
}

export const presentEvent = (event: StoryEvent): StoryEventView => ({
  id: event.id,
  at: time(event.atMs),
  route: event.route,
  kind: event.kind,
  from: event.from ?? null,
  to: event.to ?? null,
  sentence: event.sentence,
  facts: event.facts,
});

export const presentPair = (pair: Pair): PairView => ({
  id: pair.id,
  route: pair.route,
  request_id: pair.requestId,
  at: time(pair.atMs),
  policy: pair.policy ?? null,
  use: pair.use,
  stratum: pair.stratum,
  propensity: pair.propensity,
  propensity_least: pair.propensityLeast,
  language: pair.language,
  task: pair.task,
  reference: pair.reference,
  rungs: pair.rungs,
  answers: pair.answers.map(({ candidate, served, outcome, costNano, faults, loss, grade }) => ({
    candidate,
    served,
    outcome,
    usd: costNano === undefined ? null : usdFromNano(costNano),
    faults,
    loss: loss ?? null,
    grader: grade?.grader ?? null,
    judge: grade?.judge ?? null,
    verdicts: grade?.verdicts ?? [],
  })),
});

export function presentCanary({ route, share, takenBack, requests, means }: CanaryStatus): CanaryView {
  const both = ({ usual, canary }: CanaryStatus['means']['loss']) => ({
    usual: usual ?? null,
    canary: canary ?? null,
  });
  return {
    route,
    share,
    taken_back: takenBack === undefined ? null : { at: time(takenBack.atMs), because: takenBack.because },
    requests,
    failures: both(means.failures),
    slow: both(means.slow),
    loss: both(means.loss),
  };
}
