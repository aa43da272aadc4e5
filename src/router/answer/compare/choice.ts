import { lastAnnounced, lastBoxed, lastLine, withoutMarks } from './final-answer.ts';

/** Letters as an answer begins with them: «B», «(B)», «B. Paris», «A, C and D», «ABD»; not «A cat». */
const leading =
  /^[\s"'“「《【[(（]*(?:[Oo]ption |[Cc]hoice |[Aa]nswer |选项|選択肢)?((?:[A-J](?:[\s,、，;和及と&]|and(?![A-Za-z])|와|과)*){1,10})(?=$|[\s.．。,，、:：;)）\]】"'”」*<!！~-]|는|가|은|이|입|です|で|が|是)/;
const wholeMax = 400;

/** «B is wrong», «A不对»: what is said of a letter is not always that it is the answer. «A-2, B-1», «A: 3» pair letters with something else. */
const denied =
  /^[)）\]】"'”」*\s]*(?:(?:is|are|was|were|seems?) )?(?:not\b|isn['’]t|aren['’]t|wrong|incorrect|false)|^[)）\]】\s]*(?:选项)?(?:不|错|是错|有误)|^\s?[-–:：=]\s?\d/;

/** The letter of the option that an answer ends with; several as they are given, for some asks are for an order. */
export function choiceKey(text: string): string | undefined {
  const whole = withoutMarks(text);
  const places = [
    lastBoxed(text),
    lastAnnounced(text),
    shortHead(whole),
    lastLine(text),
    lastParenthesised(text),
  ];
  for (const place of places) {
    const letters = place === undefined ? undefined : lettersAt(withoutMarks(place));
    if (letters !== undefined) return letters;
  }
  return undefined;
}

function lettersAt(text: string): string | undefined {
  const found = leading.exec(text)?.[1];
  if (found === undefined) return undefined;
  // «A man», «I think»: a word of the sentence, not a letter of an option.
  if (/^[AI] +[a-z]/.test(text.replace(/^[\s"'([]*/, ''))) return undefined;
  if (denied.test(text.slice(text.indexOf(found) + found.trimEnd().length))) return undefined;
  const letters = [...new Set(found.replace(/and|[^A-J]/g, ''))];
  return letters.length === 0 ? undefined : letters.join('');
}

/** The first line where the whole answer is short: «B) because …». */
function shortHead(text: string): string | undefined {
  return text.length <= wholeMax ? text.split('\n', 1)[0] : undefined;
}

/** «… so it must be (C).» in the last line, where it names only one. */
function lastParenthesised(text: string): string | undefined {
  const letters = new Set([...lastLine(text).matchAll(/[（(]([A-J])[)）]/g)].map((match) => match[1]!));
  return letters.size === 1 ? [...letters][0] : undefined;
}
