import type { ChatAnswer } from '../../../protocol/index.ts';
import { textOf } from '../checks/view.ts';
import type { AnswerComparison } from '../terms.ts';
import { choiceKey } from './choice.ts';
import { codeKey } from './code.ts';
import { jsonKey } from './json.ts';
import { numberKey } from './number.ts';
import { shortTextKey } from './short-text.ts';
import { toolCallKey } from './tool-call.ts';

/** Longer answers are cut to their end, where final answers stand. */
const textCharsMax = 60_000;

/**
 * A canonical form of what an answer finally says: two answers with the same key say the same. Undefined where the answer has no such form, or where only
 * wording could be compared.
 */
export function answerKey(answer: ChatAnswer, comparison: AnswerComparison): string | undefined {
  if (comparison === 'text') return undefined;
  if (comparison === 'tool-call') return toolCallKey(answer);
  const text = textOf(answer);
  if (comparison === 'json') return jsonKey(text);
  if (comparison === 'code') return codeKey(text);
  const end = text.slice(-textCharsMax).trim();
  if (comparison === 'choice') return choiceKey(end);
  return comparison === 'number' ? numberKey(end) : shortTextKey(end);
}

/**
 * Numbers the answers by what they say, from 0 in the order given: the same number, the same answer. Undefined for an answer that is missing or cannot be
 * compared; it stands alone.
 */
export function groupAnswers(
  answers: readonly (ChatAnswer | undefined)[],
  comparison: AnswerComparison,
): (number | undefined)[] {
  const groups = new Map<string, number>();
  return answers.map((answer) => {
    const key = answer === undefined ? undefined : answerKey(answer, comparison);
    if (key === undefined) return undefined;
    const group = groups.get(key) ?? groups.size;
    groups.set(key, group);
    return group;
  });
}
