import type { ChatAnswer, ChatRequest } from '../../protocol/index.ts';
import { groupAnswers, matchesSchema, type TaskFamily, testPattern } from '../../router/index.ts';
import { conversationOf, sameWords, textOf } from './judge.ts';
import { runCommand } from './run-command.ts';
import type { GraderSettings } from './settings.ts';

export interface RuleQuestion {
  request: ChatRequest;
  task: TaskFamily;
  reference: ChatAnswer;
  other: ChatAnswer;
}

export interface RuleGrade {
  grader: string;
  /** −1 better than the reference's … 1 worse. */
  loss: number;
}

/** The first rule that applies says how good an answer is; undefined where none does, `unavailable` where a program could not be run. */
export async function gradeByRule(
  question: RuleQuestion,
  graders: readonly GraderSettings[],
): Promise<RuleGrade | 'unavailable' | undefined> {
  for (const grader of graders) {
    if (grader.tasks !== undefined && !grader.tasks.includes(question.task)) continue;
    const loss = await lossBy(grader, question);
    if (loss === 'unavailable') return loss;
    if (loss !== undefined) return { grader: grader.kind, loss };
  }
  return undefined;
}

async function lossBy(
  grader: GraderSettings,
  question: RuleQuestion,
): Promise<number | 'unavailable' | undefined> {
  const { reference, other, request } = question;
  switch (grader.kind) {
    case 'regex':
      return difference(
        testPattern(grader.pattern, textOf(reference)),
        testPattern(grader.pattern, textOf(other)),
      );
    case 'json-schema':
      return difference(isOfSchema(grader, request, reference), isOfSchema(grader, request, other));
    case 'command': {
      const [first, second] = await Promise.all(
        [reference, other].map((one) => passes(grader, request, one)),
      );
      return difference(first, second) ?? 'unavailable';
    }
    default: {
      const same = isSame(grader.kind, reference, other);
      if (same === undefined) return undefined;
      if (same) return 0;
      return grader.otherwise === 'worse' ? 1 : undefined;
    }
  }
}

const difference = (reference: boolean | undefined, other: boolean | undefined): number | undefined =>
  reference === undefined || other === undefined ? undefined : Number(reference) - Number(other);

const comparisons = {
  numeric: 'number',
  choice: 'choice',
  label: 'short-text',
  json: 'json',
  'tool-call': 'tool-call',
} as const;

/** Undefined where the reference's answer has no such form, so that it is no key. */
function isSame(
  kind: Extract<GraderSettings, { otherwise: unknown }>['kind'],
  reference: ChatAnswer,
  other: ChatAnswer,
): boolean | undefined {
  if (kind === 'exact') return sameWords(reference, other);
  const [key, said] = groupAnswers([reference, other], comparisons[kind]);
  return key === undefined ? undefined : key === said;
}

function isOfSchema(
  { schema }: Extract<GraderSettings, { kind: 'json-schema' }>,
  { responseFormat }: ChatRequest,
  answer: ChatAnswer,
): boolean | undefined {
  const wanted = schema ?? (responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined);
  if (wanted === undefined) return undefined;
  try {
    return matchesSchema(JSON.parse(textOf(answer)), wanted);
  } catch {
    return false;
  }
}

const passes = (
  { command, timeout_ms }: Extract<GraderSettings, { kind: 'command' }>,
  request: ChatRequest,
  answer: ChatAnswer,
): Promise<boolean | undefined> =>
  runCommand({
    command,
    timeoutMs: timeout_ms,
    input: JSON.stringify({ request: conversationOf(request), answer: textOf(answer) }),
  });
