import { noAnswer, type RecordedAnswers } from '../../src/evaluation/cascades/recorded.ts';
import { type ChatAnswer, type ChatRequest, clientDialects } from '../../src/protocol/index.ts';
import { isHardFault } from '../../src/router/answer/checks/faults.ts';
import { groupAnswers } from '../../src/router/answer/compare/key.ts';
import {
  type AnswerComparison,
  answerFaults,
  comparisonFor,
  faultTable,
  readRequest,
  type Shape,
} from '../../src/router/index.ts';
import type { FakeReply } from '../../test/support/fake-reply.ts';
import { bodyOf, type RecordedAsk } from './asks.ts';

/** What the gateway reads in an ask. */
export interface Reading {
  request: ChatRequest;
  shape: Shape;
  comparison: AnswerComparison;
}

const encoder = new TextEncoder();

export function readAsk(ask: RecordedAsk, model: string): Reading {
  const body = bodyOf(ask, model);
  const request = clientDialects['openai-chat'].decodeRequest(body, encoder.encode(JSON.stringify(body)));
  const { shape, ask: text } = readRequest(request, { keyId: '' });
  return { request, shape, comparison: comparisonFor(request, shape, text) };
}

export interface ReadAnswers extends RecordedAnswers {
  /** 1 where a client's program could not use the answer, model by model, row by row. */
  broken: Uint8Array[];
}

/**
 * The recorded answers as the gateway tells them apart. The records compare spellings: to them «5» and «5.0», «hi» and «'hi'» differ. They know the
 * source of an ask, which says how its answers can be compared; the gateway has only the request.
 */
export function asRead(
  recorded: RecordedAnswers,
  readings: readonly Reading[],
  replyOf: (row: number, model: string) => FakeReply,
): ReadAnswers {
  const broken = recorded.models.map(() => new Uint8Array(recorded.rows.length));
  const group = recorded.models.map(() => new Int16Array(recorded.rows.length));
  readings.forEach(({ request, shape, comparison }, i) => {
    const answers = recorded.models.map((model) => answerOf(replyOf(i, model)));
    const faults = answers.map((answer) => answerFaults(answer, request, shape));
    const sound = answers.map((answer, m) => (faults[m]!.some(isHardFault) ? undefined : answer));
    faults.forEach((own, m) => {
      broken[m]![i] = own.some((code) => faultTable[code] === 'broken') ? 1 : 0;
    });
    const numbers = groupAnswers(sound, comparison);
    // An answer that cannot be compared stands alone, but it is one.
    sound.forEach((answer, m) => {
      group[m]![i] = answer === undefined ? noAnswer : (numbers[m] ?? recorded.models.length + m);
    });
  });
  return { ...recorded, comparison: readings.map(({ comparison }) => comparison), group, broken };
}

/** Rows on which other models agree than in the records. */
export function readOtherwise(recorded: RecordedAnswers, read: RecordedAnswers): number {
  const pattern = ({ group }: RecordedAnswers, i: number) => {
    const own = group.map((numbers) => numbers[i]!);
    return own.map((one) => (one === noAnswer ? noAnswer : own.indexOf(one))).join();
  };
  return recorded.rows.filter(
    (_, i) => recorded.comparison[i] !== read.comparison[i] || pattern(recorded, i) !== pattern(read, i),
  ).length;
}

function answerOf({ text, toolCalls = [], finish }: FakeReply): ChatAnswer {
  const joined = [text ?? []].flat().map((piece) => (typeof piece === 'string' ? piece : piece.text));
  const calls = toolCalls.map((call, at) => ({
    type: 'tool-call' as const,
    id: `call_${at}`,
    name: call.name,
    arguments: [call.arguments].flat().join(''),
  }));
  const unified = finish !== undefined ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop';
  return {
    id: undefined,
    model: undefined,
    parts: [{ type: 'text', text: joined.join('') }, ...calls],
    finish: { unified, raw: undefined },
    usage: undefined,
  };
}
