import { type Candidate, selectPrice } from '../../../catalog/index.ts';
import { type BesideDeps, callBeside, type Snapshot } from '../../../gateway/index.ts';
import type { PolicyGate } from '../../../policy/index.ts';
import type { ChatAnswer, ChatRequest } from '../../../protocol/index.ts';
import { usdFromNano } from '../../../std/index.ts';
import { askJudge, costOfAll } from '../../desk/judge-caller.ts';
import { judgedPair, judgeTokens } from '../../graders/judge.ts';
import type { GradeQuestion, PaidGrade, PairRunner } from './runner.ts';

/** A model that judges, with its deployments. */
export interface Judge {
  family: string;
  candidates: readonly Candidate[];
}

export interface RunnerDeps extends BesideDeps {
  /** Of the forecast's route, for the operator. */
  gate: PolicyGate;
  snapshot(): Snapshot;
  /** In order of preference: of each pair the first of another family than both answers is asked. */
  judges: readonly Judge[];
}

const picoPerUsd = 1e12;

/** Calls go the way of the gateway's own: credentials, signing, retries, timeouts, prices. */
export function gatewayRunner(deps: RunnerDeps): PairRunner {
  return {
    answer: (request, candidate, signal) => callOf(request, candidate, signal, deps),
    grade: (question, signal) => graded(question, signal, deps),
    gradeUsd: (inputTokens, answerTokens) => {
      const tokens = judgeTokens(inputTokens, answerTokens);
      return Math.max(0, ...deps.judges.map((judge) => judgeUsd(judge, tokens, deps)));
    },
  };
}

async function callOf(
  request: ChatRequest,
  candidate: Candidate,
  signal: AbortSignal,
  deps: RunnerDeps,
): Promise<{ answer: ChatAnswer; usd: number | undefined } | undefined> {
  const { outcome, records } = await callBeside(
    {
      request,
      plan: [candidate],
      requestId: deps.ids('req'),
      role: 'shadow',
      clientHeaders: {},
      snapshot: deps.snapshot(),
      cancellation: cancellationOf(signal),
    },
    deps,
  );
  if (outcome.kind !== 'answered') return undefined;
  const costNano = costOfAll(records);
  return { answer: outcome.answer, usd: costNano === undefined ? undefined : usdFromNano(costNano) };
}

async function graded(
  { request, reference, other }: GradeQuestion,
  signal: AbortSignal,
  deps: RunnerDeps,
): Promise<PaidGrade | undefined> {
  const families = [reference, other].map(({ candidate }) => candidate.deployment.model.family);
  const judge = deps.judges.find(({ family }) => !families.includes(family));
  const context = {
    requestId: deps.ids('req'),
    gate: deps.gate,
    snapshot: deps.snapshot(),
    cancellation: cancellationOf(signal),
    noted: () => {},
  };
  const question = { request, reference: reference.answer, other: other.answer };
  const found = await judgedPair(question, async (prompt) => {
    if (judge === undefined) return undefined;
    const said = await askJudge(prompt, judge.candidates, context, deps);
    return said && { text: said.text, usd: usdFromNano(said.costNano ?? 0) };
  });
  const by = judge?.candidates[0]?.deployment.id ?? 'nobody';
  return { loss: found.loss, usd: found.usd, by: found.asked ? by : 'same words' };
}

function judgeUsd(
  { candidates }: Judge,
  { input, output }: { input: number; output: number },
  { clock }: RunnerDeps,
): number {
  const { deployment } = candidates[0]!;
  const question = { atMs: clock.nowMs(), inputTokens: input, region: deployment.provider.region };
  const row = selectPrice(deployment.prices, question);
  return row === undefined ? 0 : (input * row.input + output * row.output) / picoPerUsd;
}

const cancellationOf = (signal: AbortSignal) => ({
  get cancelled() {
    return signal.aborted;
  },
  onCancel: (listener: () => void) => signal.addEventListener('abort', listener, { once: true }),
});
