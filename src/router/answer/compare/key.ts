import type { ChatAnswer } from '../../../protocol/index.ts';
import { textOf } from '../checks/view.ts';
import type { AnswerComparison } from '../terms.ts';
import { choiceKey } from './choice.ts';
import { codeKey } from './code.ts';
import { jsonKey } from './json.ts';
import { type NumberSaid, numberSaid } from './number.ts';
import { shortTextKey } from './short-text.ts';
import { toolCallKey } from './tool-call.ts';

/** Longer answers are cut to their end, where final answers stand. */
const textCharsMax = 60_000;

/**
 * A canonical form of what an answer finally says: two answers with the same key say the same, if they do not name different units. Undefined where the
 * answer has no such form, or where only wording could be compared.
 */
export function answerKey(answer: ChatAnswer, comparison: AnswerComparison): string | undefined {
  switch (comparison) {
    case 'text':
      return undefined;
    case 'tool-call':
      return toolCallKey(answer);
    case 'json':
      return jsonKey(textOf(answer));
    case 'code':
      return codeKey(textOf(answer));
    case 'choice':
      return choiceKey(endOf(answer));
    case 'number':
      return numberSaid(endOf(answer))?.key;
    case 'short-text':
      return shortTextKey(endOf(answer));
  }
}

const endOf = (answer: ChatAnswer) => textOf(answer).slice(-textCharsMax).trim();

/**
 * Numbers the answers by what they say, from 0 in the order given: the same number, the same answer. Undefined for an answer that is missing or cannot be
 * compared; it stands alone.
 */
export function groupAnswers(
  answers: readonly (ChatAnswer | undefined)[],
  comparison: AnswerComparison,
): (number | undefined)[] {
  const groups = new Map<string, number>();
  const keys =
    comparison === 'number'
      ? measuredKeys(answers.map((answer) => (answer === undefined ? undefined : numberSaid(endOf(answer)))))
      : answers.map((answer) => (answer === undefined ? undefined : answerKey(answer, comparison)));
  return keys.map((key) => {
    if (key === undefined) return undefined;
    const group = groups.get(key) ?? groups.size;
    groups.set(key, group);
    return group;
  });
}

/**
 * A number without a unit is in the one that others name with it, for the ask has fixed it; where they name several it stands apart from all of them: «2
 * hours» and «2 minutes» do not agree, and «2» then bears out neither.
 */
function measuredKeys(said: readonly (NumberSaid | undefined)[]): (string | undefined)[] {
  const units = new Map<string, Set<string>>();
  for (const one of said) {
    if (one?.unit === undefined) continue;
    const known = units.get(one.key) ?? new Set();
    units.set(one.key, known.add(one.unit));
  }
  return said.map((one) => {
    if (one === undefined) return undefined;
    const known = units.get(one.key);
    return known === undefined || known.size === 1 ? one.key : `${one.key} ${one.unit ?? ''}`;
  });
}
