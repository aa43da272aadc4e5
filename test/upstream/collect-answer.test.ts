import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsOfAnswer } from '../../src/gateway/answer-events.ts';
import type { ChatAnswer, ChatEvent, Part } from '../../src/protocol/index.ts';
import { AnswerCollector } from '../../src/upstream/collect-answer.ts';

const words = fc.string({ minLength: 1, maxLength: 12 });
const part: fc.Arbitrary<Part> = fc.oneof(
  words.map((text): Part => ({ type: 'text', text })),
  words.map((text): Part => ({ type: 'refusal', text })),
  fc.tuple(words, words).map(([text, signature]): Part => ({ type: 'reasoning', text, signature })),
  words.map((data): Part => ({ type: 'redacted-reasoning', data })),
  fc.tuple(words, words).map(([id, name]): Part => ({ type: 'tool-call', id, name, arguments: '{"a":1}' })),
);

/** Neighbours of one kind are one part of a stream. */
function hasNeighbours(parts: Part[]): boolean {
  return parts.some(
    ({ type }, index) => (type === 'text' || type === 'refusal') && parts[index + 1]?.type === type,
  );
}

function collected(events: ChatEvent[]): ChatAnswer | undefined {
  const collector = new AnswerCollector();
  for (const event of events) collector.add(event);
  return collector.answer();
}

test('the events of an answer, put together, are the answer', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      fc.pre(!hasNeighbours(parts));
      const answer: ChatAnswer = {
        id: 'x',
        model: 'm',
        parts,
        finish: { unified: 'stop', raw: 'stop' },
        usage: undefined,
      };
      assert.deepEqual(collected(eventsOfAnswer(answer)), answer);
    }),
  );
});

test('pieces of text and of tool arguments are joined, each where it belongs', () => {
  const answer = collected([
    { type: 'text', text: 'a' },
    { type: 'tool-call', index: 0, id: 'c0', name: 'f' },
    { type: 'tool-call', index: 1, id: 'c1', name: 'g' },
    { type: 'tool-arguments', index: 1, fragment: '{"y"' },
    { type: 'tool-arguments', index: 1, fragment: ':2}' },
    { type: 'text', text: 'b' },
    { type: 'text', text: 'c' },
    { type: 'end' },
  ]);
  assert.deepEqual(answer?.parts, [
    { type: 'text', text: 'a' },
    { type: 'tool-call', id: 'c0', name: 'f', arguments: '{}' },
    { type: 'tool-call', id: 'c1', name: 'g', arguments: '{"y":2}' },
    { type: 'text', text: 'bc' },
  ]);
  assert.deepEqual(answer?.finish, { unified: 'tool-calls', raw: undefined });
});

test('without an announced end there is no answer', () => {
  assert.equal(collected([{ type: 'text', text: 'half' }]), undefined);
});
