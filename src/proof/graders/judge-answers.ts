import type { BesideDeps } from '../../gateway/index.ts';
import { nanoPerUsd, usdFromNano } from '../../std/index.ts';
import type { PairText } from '../desk/complete-pair.ts';
import { askJudge, type JudgeContext } from '../desk/judge-caller.ts';
import type { GradeAnswers } from '../desk/make-pair.ts';
import type { PairAnswer } from '../pairs/pair.ts';
import type { RouteProofSettings } from '../route-settings.ts';
import { type JudgedPair, judgedPair, textOf } from './judge.ts';

type Judges = RouteProofSettings['judges'];

/**
 * Grades by judges alone: of each answer the first judge of another family than it and the reference is asked, for a judge likes what its own kind writes (Panickssery et al., arXiv
 * 2404.13076). Answers that no client would have got need none.
 */
export function judgeAnswers(judges: Judges, deps: BesideDeps): GradeAnswers {
  return async ({ request, route, decision }, answers, context) => {
    const [reference] = answers;
    if (reference?.text === undefined) return { kind: 'unavailable' };
    const families = new Map(
      [route.reference, ...route.candidates].map(({ id, deployment }) => [id, deployment.model.family]),
    );
    const graded: PairAnswer[] = [{ ...reference.answer, loss: 0, grade: undefined }];
    const known = new Map<string, PairAnswer>();
    for (const { answer, text } of answers.slice(1)) {
      if (text === undefined || answer.faults.length > 0 || answer.outcome === 'failed') {
        graded.push(answer);
        continue;
      }
      const taken = [families.get(reference.answer.candidate), families.get(answer.candidate)];
      const judge = judges.find(({ family }) => !taken.includes(family));
      const words = `${judge?.family} ${textOf(text)}`;
      const same = known.get(words);
      if (same !== undefined) {
        graded.push({ ...answer, loss: same.loss, grade: same.grade && { ...same.grade, costNano: 0 } });
        continue;
      }
      const question = { request, reference: reference.text, other: text, task: decision.shape.task };
      const judged = await judgedPair(question, (prompt) => ask(prompt, judge, context, deps));
      if (judged.unavailable) return { kind: 'unavailable' };
      const one = withGrade({ answer, text }, judged, reference, judge);
      known.set(words, one);
      graded.push(one);
    }
    return { kind: 'graded', answers: graded };
  };
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
  { loss, verdicts, usd, asked }: JudgedPair,
  reference: PairText,
  judge: Judges[number] | undefined,
): PairAnswer {
  const length = textOf(reference.text!).length;
  const grade: PairAnswer['grade'] = {
    grader: asked ? 'judge' : 'exact',
    judge: asked ? judge?.candidates[0]?.deployment.id : undefined,
    verdicts,
    lengthRatio: length === 0 ? undefined : textOf(text!).length / length,
    costNano: Math.round(usd * nanoPerUsd),
  };
  return { ...answer, loss, grade };
}
