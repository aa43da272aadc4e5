import type { DecisionReplay, Outlook, ReplayQuestion } from '../../gateway/index.ts';
import { usdFromNano } from '../../std/index.ts';
import type * as contract from './contract.ts';
import { presentDecision } from './present.ts';

export function replayQuestion({ artefact, target }: contract.ReplayInput): ReplayQuestion {
  return { withLoaded: artefact === 'loaded', target: target && targetOf(target) };
}

function targetOf(target: NonNullable<contract.ReplayInput['target']>): ReplayQuestion['target'] {
  return 'quality' in target
    ? { kind: 'quality', value: target.quality }
    : { kind: 'usd-per-quality', value: target.usd_per_quality };
}

export function presentReplay(replay: DecisionReplay): contract.Replay {
  const { whatIf } = replay;
  return {
    decision_id: replay.decisionId,
    request_id: replay.requestId,
    same: replay.same,
    artefact: {
      made_with: replay.madeWith,
      replayed_with: replay.replayedWith,
      wording_read: replay.wordingRead,
    },
    note: replay.note ?? null,
    differences: replay.differences.map(({ field, stored, replayed }) => ({
      field,
      stored: stored ?? null,
      replayed: replayed ?? null,
    })),
    decision: presentDecision(replay.decision),
    what_if:
      whatIf === undefined
        ? null
        : {
            decision: presentDecision(whatIf.decision),
            before: presentOutlook(whatIf.before),
            after: presentOutlook(whatIf.after),
          },
  };
}

function presentOutlook({
  answer,
  costNano,
  loss,
}: Outlook): NonNullable<contract.Replay['what_if']>['before'] {
  return {
    answer,
    expected_cost_usd: costNano === undefined ? null : usdFromNano(costNano),
    expected_loss: loss ?? null,
  };
}
