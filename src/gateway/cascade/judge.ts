import type { CascadeRecord } from '../../ledger/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import {
  type AcceptanceParameters,
  type Judgement,
  judgeAnswers,
  posterior,
  prefixReader,
  worthOfAsking,
} from '../../router/index.ts';
import type { RequestTrace } from '../trace.ts';
import type { CascadePlan } from './cascade-plan.ts';

/** Looks at the answers of one request, and keeps the record of what was found. */
export class Judge {
  readonly record: CascadeRecord;
  private readonly cascade: CascadePlan;
  private readonly trace: RequestTrace;
  private readonly parameters: AcceptanceParameters;
  private readonly fine = new Set<string>();
  private prefixOf: ReturnType<typeof prefixReader> | undefined;

  /** @param parameters those that the plan was chosen by, so that its answers are judged as was foreseen */
  constructor(cascade: CascadePlan, trace: RequestTrace, parameters: AcceptanceParameters) {
    this.cascade = cascade;
    this.trace = trace;
    this.parameters = parameters;
    this.record = { plan: cascade.id, verdicts: [], faults: {}, escalated: false, accepted: undefined };
  }

  /** @param answers of the members that were asked and are over; undefined for one that failed */
  look(answers: ReadonlyMap<string, ChatAnswer | undefined>): Judgement {
    const judgement = this.judgementOf(answers);
    if (judgement.why !== 'begin') this.record.verdicts.push(judgement.why);
    return judgement;
  }

  /** All answers at hand, best first. */
  rank(answers: ReadonlyMap<string, ChatAnswer | undefined>): Judgement['ranking'] {
    return answers.size === 0 ? [] : this.judgementOf(answers).ranking;
  }

  /** What the beginning of a stream says. A fault is noted. */
  prefix(candidate: string, text: string): 'wait' | 'fine' | 'fault' {
    if (this.fine.has(candidate)) return 'fine';
    const { request, decision } = this.trace;
    this.prefixOf ??= prefixReader(request, decision!.shape);
    const verdict = this.prefixOf(text);
    if (verdict === 'wait') return verdict;
    if (verdict === 'fine') {
      this.fine.add(candidate);
      return verdict;
    }
    this.record.faults[candidate] = [verdict];
    return 'fault';
  }

  asked(candidate: string): void {
    if (candidate === this.cascade.plan.last) this.record.escalated = true;
  }

  accepted(candidate: string, why: string | undefined): void {
    this.record.accepted = candidate;
    if (why !== undefined) this.record.verdicts.push(why);
  }

  private judgementOf(answers: ReadonlyMap<string, ChatAnswer | undefined>): Judgement {
    const { plan, terms } = this.cascade;
    const { request, decision } = this.trace;
    const { parameters } = this;
    const judgement = judgeAnswers({
      plan,
      terms,
      posterior: (evidence) => posterior(evidence, parameters),
      lookAhead: (asking) => worthOfAsking(asking, parameters),
      request,
      shape: decision!.shape,
      answers,
    });
    if (answers.size > 0) this.note(judgement);
    return judgement;
  }

  private note({ faults, groups, ranking }: Judgement): void {
    const { record } = this;
    for (const [candidate, codes] of Object.entries(faults))
      if (codes.length > 0) record.faults[candidate] = codes;
    record.agreement = agreementOf(groups);
    record.posterior = Object.fromEntries(ranking.map(({ candidate, quality }) => [candidate, quality]));
  }
}

function agreementOf(groups: Judgement['groups']): CascadeRecord['agreement'] {
  const sizes = new Map<number, number>();
  for (const group of Object.values(groups))
    if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const compared = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return compared < 2 ? undefined : { agreed: Math.max(...sizes.values()), compared };
}
