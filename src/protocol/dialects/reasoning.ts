import type { EncodeTarget } from '../dialect.ts';
import type { JsonObject } from '../json.ts';
import type { ReasoningRequest } from '../request.ts';

/** Effort words from least to most. Vendors take different subsets; a word that the model lacks becomes its nearest one. */
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
export const commonEfforts = ['low', 'medium', 'high'];
/** `max` is taken by every model with adaptive thinking, `xhigh` only by some. */
const commonAdaptiveEfforts = ['low', 'medium', 'high', 'max'];

/** Thinking tokens that an effort word stands for where the upstream takes only a budget. */
export const budgetOfEffort: { [effort: string]: number } = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 24576,
  max: 32768,
};

export interface EncodedReasoning {
  fields: JsonObject;
  /** False when the client asked for something that these fields do not say. */
  carried: boolean;
}

/** Turns what the client asked of the model's thinking into the upstream's fields. */
export function encodeReasoning(
  asked: ReasoningRequest | undefined,
  target: Pick<EncodeTarget, 'reasoningControl' | 'reasoningEfforts'>,
): EncodedReasoning {
  if (asked === undefined) return { fields: {}, carried: true };
  const off = asked.enabled === false;
  const budget =
    asked.budgetTokens ?? (asked.effort === undefined ? undefined : budgetOfEffort[asked.effort]);
  switch (target.reasoningControl) {
    case 'none':
      return { fields: {}, carried: off };
    case 'reasoning_effort': {
      const word = off ? 'none' : (asked.effort ?? effortOfBudget(asked.budgetTokens));
      if (word === undefined) return { fields: {}, carried: true };
      const accepted = acceptedEffort(word, target.reasoningEfforts ?? commonEfforts);
      if (accepted === undefined) return { fields: {}, carried: false };
      return { fields: { reasoning_effort: accepted }, carried: true };
    }
    case 'reasoning': {
      if (off) return { fields: { reasoning: { enabled: false } }, carried: true };
      if (asked.budgetTokens !== undefined) {
        return { fields: { reasoning: { max_tokens: asked.budgetTokens } }, carried: true };
      }
      if (asked.effort !== undefined) {
        const effort = acceptedEffort(asked.effort, target.reasoningEfforts ?? commonEfforts);
        if (effort === undefined) return { fields: {}, carried: false };
        return { fields: { reasoning: { effort } }, carried: true };
      }
      if (asked.enabled === undefined) return { fields: {}, carried: true };
      return { fields: { reasoning: { enabled: true } }, carried: true };
    }
    case 'thinking':
      if (off) return { fields: { thinking: { type: 'disabled' } }, carried: true };
      if (asked.enabled === undefined && asked.budgetTokens === undefined) {
        return { fields: {}, carried: false };
      }
      return thinkingFields(asked, budget, target.reasoningEfforts);
    case 'adaptive-thinking': {
      if (off) return { fields: { thinking: { type: 'disabled' } }, carried: true };
      const word = asked.effort ?? effortOfBudget(asked.budgetTokens);
      const accepted =
        word === undefined
          ? undefined
          : acceptedEffort(word, target.reasoningEfforts ?? commonAdaptiveEfforts);
      return {
        fields: {
          ...(asked.enabled === true ? { thinking: { type: 'adaptive' } } : {}),
          ...(accepted === undefined ? {} : { output_config: { effort: accepted } }),
        },
        carried: word === undefined || accepted !== undefined,
      };
    }
    case 'enable_thinking':
      if (off) return { fields: { enable_thinking: false }, carried: true };
      if (asked.enabled === undefined && asked.budgetTokens === undefined) {
        return { fields: {}, carried: false };
      }
      return {
        fields: { enable_thinking: true, ...(budget === undefined ? {} : { thinking_budget: budget }) },
        carried: true,
      };
    case 'chat_template_kwargs':
      if (asked.enabled === undefined) return { fields: {}, carried: asked.budgetTokens === undefined };
      return {
        fields: { chat_template_kwargs: { enable_thinking: asked.enabled } },
        carried: asked.budgetTokens === undefined,
      };
    case 'thinking_level':
    case 'thinking_budget':
      // Switches of another dialect, which encodes them itself.
      return { fields: {}, carried: off };
  }
}

/** Where the model takes effort words beside the switch, they say how much; a budget would be ignored there. */
function thinkingFields(
  asked: ReasoningRequest,
  budget: number | undefined,
  efforts: readonly string[] | undefined,
): EncodedReasoning {
  if (efforts === undefined) return { fields: { thinking: thinkingWith(budget) }, carried: true };
  const word = asked.effort ?? effortOfBudget(asked.budgetTokens);
  const effort = word === undefined ? undefined : acceptedEffort(word, efforts);
  return {
    fields: { thinking: { type: 'enabled' }, ...(effort === undefined ? {} : { reasoning_effort: effort }) },
    carried: word === undefined || effort !== undefined,
  };
}

function thinkingWith(budget: number | undefined): JsonObject {
  return budget === undefined ? { type: 'enabled' } : { type: 'enabled', budget_tokens: budget };
}

export function effortOfBudget(budget: number | undefined): string | undefined {
  if (budget === undefined) return undefined;
  if (budget <= 4096) return 'low';
  if (budget <= 12288) return 'medium';
  return budget <= 24576 ? 'high' : 'xhigh';
}

/** The nearest word the model takes, the cheaper one on a tie. «No thinking» is only ever replaced by `minimal`. */
export function acceptedEffort(word: string, accepted: readonly string[]): string | undefined {
  if (accepted.includes(word)) return word;
  if (word === 'none') return accepted.includes('minimal') ? 'minimal' : undefined;
  const asked = efforts.indexOf(word);
  if (asked === -1) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of efforts) {
    if (candidate === 'none' || !accepted.includes(candidate)) continue;
    const distance = Math.abs(efforts.indexOf(candidate) - asked);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
