import type { AnswerComparison } from '../../src/router/index.ts';
import type { FakeReply } from '../../test/support/fake-reply.ts';
import type { RecordedAsk } from './asks.ts';

/** How a row's answers are recorded: `text` where a file records none. */
export type RecordedForm = AnswerComparison;

/**
 * A whole answer around a recorded one, in a form that models give it. Every answer names its model and row in its first line, so that whoever gets
 * it can tell that it is the one that was paid for. Where answers are recorded and this one has none, no final answer could be read in it:
 * these were cut off at their length, so this one is too.
 */
export function answerReply(ask: RecordedAsk, model: string, form: RecordedForm): FakeReply {
  const { answer } = ask.row.outcomes.get(model)!;
  const mark = markOf(ask.row.id, model);
  const zh = ask.row.lang === 'zh';
  if (form === 'text')
    return said(`${mark}\n${zh ? '根据有关规定，结论如上文所述。' : 'That settles the matter.'}`);
  if (answer === undefined)
    return { ...said(`${mark}\nFirst we look at what is given, and then`), finish: 'cut' };
  if (form === 'tool-call') {
    const calls = callsIn(answer);
    return calls === undefined
      ? said(`${mark}\nNo function fits this.`)
      : { ...said(mark), toolCalls: calls };
  }
  return said(`${mark}\n${finalLine(answer, form, zh)}`);
}

/** One piece, so that nothing counts its tokens: the usage is the recorded one. */
const said = (text: string): FakeReply => ({ text: [{ text, tokens: 0 }] });

export const markOf = (id: string, model: string) => `[${model} on ${id}]`;

/** `[["name", "arguments"], …]`; undefined for an answer in words. */
function callsIn(answer: string): FakeReply['toolCalls'] {
  if (!answer.startsWith('[["')) return undefined;
  const { whole, rest } = wholeCalls(answer);
  // The record is cut after so many characters: two answers that differ only behind the cut are equal in it, and stay equal.
  const cut =
    rest === undefined ? [] : [[nameIn(rest), JSON.stringify({ as_far_as_recorded: rest })] as const];
  return [...whole, ...cut].map(([name, given]) => ({ name, arguments: [given] }));
}

type Call = readonly [name: string, given: string];

function wholeCalls(answer: string): { whole: Call[]; rest: string | undefined } {
  try {
    return { whole: JSON.parse(answer) as Call[], rest: undefined };
  } catch {
    const between = answer.lastIndexOf('"], ["');
    if (between === -1) return { whole: [], rest: answer.slice(1) };
    return { whole: wholeCalls(`${answer.slice(0, between)}"]]`).whole, rest: answer.slice(between + 4) };
  }
}

const nameIn = (call: string) => /\["([^"]+)"/.exec(call)?.[1] ?? 'unknown';

function finalLine(answer: string, form: RecordedForm, zh: boolean): string {
  // A program that prints nothing: the recorded answer is empty, and an answer says so in a word.
  const value = answer === '' ? '(nothing)' : answer;
  const announced = zh ? `答案是：${value}` : `The answer is: ${value}`;
  return form === 'choice' ? `${announced}.` : announced;
}
