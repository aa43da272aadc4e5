import type { BesideDeps } from '../../gateway/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import { nanoPerUsd, usdFromNano } from '../../std/index.ts';
import type { PairText } from '../desk/complete-pair.ts';
import { askJudge, type JudgeContext } from '../desk/judge-caller.ts';
import type { GradeAnswers } from '../desk/make-pair.ts';
import type { PairAnswer } from '../pairs/pair.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import { gradeByRule, type RuleQuestion } from './grade-by-rule.ts';
import { type AskJudge, type JudgedPair, judgedPair, sameWords, textOf } from './judge.ts';
import type { GraderSettings } from './settings.ts';

type Judges = RouteProofSettings['judges'];

/**
 * Grades the answers of a pair: by the first rule of the route that applies, else by a judge. Of each answer the first judge of another family than it and the reference is asked, for a judge
 * likes what its own kind writes (Panickssery et al., arXiv 2404.13076). Answers that no client would have got need no grade.
 */
export function gradeAnswers(
  { judges, graders }: Pick<RouteProofSettings, 'judges' | 'graders'>,
  deps: BesideDeps,
): GradeAnswers {
  return async ({ request, route, decision }, answers, context) => {
    const [reference] = answers;
    if (reference?.text === undefined) return { kind: 'unavailable' };
    const families = new Map(
      [route.reference, ...route.candidates].map(({ id, deployment }) => [id, deployment.model.family]),
    );
    const { task } = decision.shape;
    const graded: PairAnswer[] = [{ ...reference.answer, loss: 0 }];
    const known = new Map<string, PairAnswer>();
    for (const { answer, text } of answers.slice(1)) {
      if (text === undefined || answer.faults.length > 0 || answer.outcome === 'failed') {
        graded.push(answer);
        continue;
      }
      const taken = [families.get(reference.answer.candidate), families.get(answer.candidate)];
      const fair = judges.filter(({ family }) => !taken.includes(family));
      const judge = fair.find((one) => mayJudge(one, context)) ?? fair[0];
      const words = `${judge?.family} ${textOf(text)}`;
      const same = known.get(words);
      if (same !== undefined) {
        graded.push({ ...answer, loss: same.loss, grade: same.grade && { ...same.grade, costNano: 0 } });
        continue;
      }
      const question = { request, reference: reference.text, other: text, task };
      const judged = await judgedBy(question, graders, (prompt) => ask(prompt, judge, context, deps), judge);
      if (judged === undefined) return { kind: 'unavailable' };
      const one = withGrade({ answer, text }, judged, reference.text);
      known.set(words, one);
      graded.push(one);
    }
    return { kind: 'graded', answers: graded };
  };
}

/** Whether policy lets it see the request. One that may not is asked nothing, which leaves the pair without a grade. */
const mayJudge = ({ candidates }: Judges[number], { gate }: JudgeContext): boolean =>
  candidates.some(({ deployment }) => gate.refusal(deployment, 'judge') === undefined);

type Judged = Pick<JudgedPair, 'loss' | 'verdicts' | 'usd'> & { grader: string; judge: string | undefined };

/** Undefined where whoever was to be asked could not be. Without a judge, what no rule applies to stays ungraded. */
async function judgedBy(
  question: RuleQuestion,
  graders: readonly GraderSettings[],
  asked: AskJudge,
  judge: Judges[number] | undefined,
): Promise<Judged | undefined> {
  const byRule = { verdicts: [], usd: 0, judge: undefined };
  if (sameWords(question.reference, question.other)) return { ...byRule, loss: 0, grader: 'exact' };
  const rule = await gradeByRule(question, graders);
  if (rule === 'unavailable') return undefined;
  if (rule !== undefined) return { ...byRule, ...rule };
  if (judge === undefined) return { ...byRule, loss: undefined, grader: 'none' };
  const { loss, verdicts, usd, unavailable } = await judgedPair(question, asked);
  if (unavailable) return undefined;
  return { loss, verdicts, usd, grader: 'judge', judge: judge.candidates[0]?.deployment.id };
}

async function ask(
  prompt: Parameters<typeof askJudge>[0],
  judge: Judges[number] | undefined,
  context: JudgeContext,
  deps: BesideDeps,
): Promise<{ text: string; usd: number } | undefined> {
  if (judge === undefined) return undefined;
  const said = await askJudge(prompt, judge.candidates, context, deps);
  return said && { text: said.text, usd: usdFromNano(said.costNano ?? 0) };
}

function withGrade(
  { answer, text }: PairText,
  { loss, verdicts, usd, grader, judge }: Judged,
  reference: ChatAnswer,
): PairAnswer {
  const length = textOf(reference).length;
  const lengthRatio = length === 0 ? undefined : textOf(text!).length / length;
  return {
    ...answer,
    loss,
    grade: { grader, judge, verdicts, lengthRatio, costNano: Math.round(usd * nanoPerUsd) },
  };
}
