import type { Candidate } from '../../catalog/index.ts';
import type { Shape } from '../decision.ts';
import type { LengthQuestion } from './output-lengths.ts';
import type { AnswerFormat, Thinking } from './prior.ts';

/** What the length of this candidate's answer to such a request is expected to depend on. */
export function lengthQuestion(
  candidate: Pick<Candidate, 'deployment' | 'effort'>,
  shape: Shape,
): LengthQuestion {
  return {
    model: candidate.deployment.model.id,
    task: shape.task,
    thinking: thinkingOf(candidate, shape),
    format: formatOf(shape),
    askChars: shape.askChars,
  };
}

function thinkingOf(
  { deployment, effort }: Pick<Candidate, 'deployment' | 'effort'>,
  shape: Shape,
): Thinking {
  const { reasoning } = deployment.model.capabilities;
  if (reasoning === 'none') return 'off';
  if (effort !== 'default') return effort;
  if (shape.wantsReasoning) return 'asked';
  return reasoning === 'always' ? 'always' : 'default';
}

function formatOf({ wantsJsonSchema, wantsShortAnswer }: Shape): AnswerFormat {
  if (wantsJsonSchema) return 'json-schema';
  return wantsShortAnswer === true ? 'short' : 'free';
}

/** Where the answer is cut; undefined where thinking is not counted against the limit, so that nothing is sure to be cut. */
export function lengthLimit(
  { deployment, effort }: Pick<Candidate, 'deployment' | 'effort'>,
  shape: Shape,
): number | undefined {
  const { model, provider } = deployment;
  const thinks = model.capabilities.reasoning !== 'none' && effort !== 'off';
  if (thinks && provider.quirks.thinkingOutsideMaxTokens === true) return undefined;
  return Math.min(shape.outputTokensMax ?? model.outputTokensMax, model.outputTokensMax);
}
