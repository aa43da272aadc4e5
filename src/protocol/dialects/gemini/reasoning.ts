import type { EncodeTarget } from '../../dialect.ts';
import type { JsonObject } from '../../json.ts';
import type { ReasoningRequest } from '../../request.ts';
import { optionalBoolean, optionalInteger, optionalObject, optionalString } from '../read.ts';
import { acceptedEffort, budgetOfEffort, commonEfforts, effortOfBudget } from '../reasoning.ts';
import { camelFields } from './spelling.ts';

/** Budgets that every model of Gemini 2.5 takes; the larger one takes more, the smallest none below. */
const budgetMin = 512;
const budgetMax = 24_576;
const dynamicBudget = -1;

export function decodeReasoning(config: JsonObject): ReasoningRequest | undefined {
  const given = optionalObject(config, 'thinkingConfig', 'generationConfig.');
  if (given === undefined) return undefined;
  const thinking = camelFields(given);
  const path = 'generationConfig.thinkingConfig.';
  const budget = optionalInteger(thinking, 'thinkingBudget', dynamicBudget, path);
  const level = optionalString(thinking, 'thinkingLevel', path)?.toLowerCase();
  const shows = optionalBoolean(thinking, 'includeThoughts', path);
  const effort = level === 'thinking_level_unspecified' ? undefined : level;
  if (budget === 0) return { enabled: false };
  if (budget === undefined && effort === undefined && shows !== true) return undefined;
  return {
    enabled: true,
    ...(effort === undefined ? {} : { effort }),
    ...(budget === undefined || budget === dynamicBudget ? {} : { budgetTokens: budget }),
  };
}

interface EncodedThinking {
  config: JsonObject | undefined;
  /** False when the client asked for something that the configuration does not say. */
  carried: boolean;
}

/** Whoever asks for thinking is shown it, which this dialect does only on request. */
export function encodeThinking(asked: ReasoningRequest | undefined, target: EncodeTarget): EncodedThinking {
  if (asked === undefined) return { config: undefined, carried: true };
  const off = asked.enabled === false;
  const seen = off ? {} : { includeThoughts: true };
  switch (target.reasoningControl) {
    case 'thinking_level': {
      const word = off ? 'none' : (asked.effort ?? effortOfBudget(asked.budgetTokens));
      if (word === undefined) return { config: seen, carried: true };
      const level = acceptedEffort(word, target.reasoningEfforts ?? commonEfforts);
      if (level === undefined) return { config: off ? undefined : seen, carried: false };
      return { config: { thinkingLevel: level.toUpperCase(), ...seen }, carried: true };
    }
    case 'thinking_budget': {
      if (off) {
        const canStop = target.reasoningEfforts?.includes('none') ?? true;
        return { config: canStop ? { thinkingBudget: 0 } : undefined, carried: canStop };
      }
      const budget =
        asked.budgetTokens ?? (asked.effort === undefined ? undefined : budgetOfEffort[asked.effort]);
      const thinkingBudget =
        budget === undefined ? dynamicBudget : Math.min(Math.max(budget, budgetMin), budgetMax);
      return { config: { thinkingBudget, ...seen }, carried: true };
    }
    default:
      return { config: undefined, carried: off };
  }
}
