import type { Candidate } from '../../catalog/index.ts';
import { type BesideAnswer, type BesideDeps, callBeside, type Snapshot } from '../../gateway/index.ts';
import type { AttemptRecord } from '../../ledger/index.ts';
import type { PolicyGate } from '../../policy/index.ts';
import { type ChatRequest, clientDialects } from '../../protocol/index.ts';
import type { Cancellation } from '../../upstream/index.ts';

export interface JudgePrompt {
  system: string;
  user: string;
  outputTokensMax: number;
}

export interface JudgeContext {
  /** Of the client's request that the judged answers are of. */
  requestId: string;
  /** Of the request: a judge reads it too. */
  gate: Pick<PolicyGate, 'refusal'>;
  snapshot: Snapshot;
  cancellation: Cancellation;
  /** Told of every call that was made, for the ledger. */
  noted(records: readonly AttemptRecord[]): void;
}

/** What a judge said; undefined where it could not be asked. */
export async function askJudge(
  prompt: JudgePrompt,
  judge: readonly Candidate[],
  context: JudgeContext,
  deps: BesideDeps,
): Promise<{ text: string; costNano: number | undefined } | undefined> {
  const { requestId, gate, snapshot, cancellation } = context;
  const plan = judge.filter(({ deployment }) => gate.refusal(deployment, 'judge') === undefined);
  if (plan.length === 0) return undefined;
  const { outcome, records } = await callBeside(
    {
      request: requestOf(prompt),
      plan,
      requestId,
      role: 'judge',
      clientHeaders: {},
      snapshot,
      cancellation,
    },
    deps,
  );
  context.noted(records);
  if (outcome.kind !== 'answered') return undefined;
  return { text: textOf(outcome.answer), costNano: costOfAll(records) };
}

function requestOf({ system, user, outputTokensMax }: JudgePrompt): ChatRequest {
  const body = {
    model: 'judge',
    max_tokens: outputTokensMax,
    temperature: 0,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
  };
  return clientDialects['openai-chat'].decodeRequest(body, Buffer.from(JSON.stringify(body)));
}

type Answer = Extract<BesideAnswer['outcome'], { kind: 'answered' }>['answer'];

const textOf = ({ parts }: Answer): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

/** One unknown cost makes the sum unknown. */
export function costOfAll(records: readonly Pick<AttemptRecord, 'costNano'>[]): number | undefined {
  let sum = 0;
  for (const { costNano } of records) {
    if (costNano === undefined) return undefined;
    sum += costNano;
  }
  return sum;
}
