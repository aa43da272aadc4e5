import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ChatRequest } from '../../../src/protocol/index.ts';
import { prefixCharsMax, prefixReader } from '../../../src/router/answer/prefix.ts';
import { ask, shapeOf } from './fixtures.ts';

const question = ask('What does a lighthouse keeper do all day?');
const chinese = ask('灯塔看守人整天都做些什么事情？');
const json = ask('Describe the ship.', { responseFormat: { type: 'json-object' } });

/** The first verdict other than «wait» as the text grows, and after how many characters. */
function first(request: ChatRequest, text: string): [string, number] {
  const read = prefixReader(request, shapeOf(request));
  for (let at = 1; at <= text.length; at++) {
    const verdict = read(text.slice(0, at));
    if (verdict !== 'wait') return [verdict, at];
  }
  return ['wait', text.length];
}

describe('prefixReader()', () => {
  it('lets a plain beginning go after a few words', () => {
    const [verdict, chars] = first(question, 'They tend the lamp, keep the log and clean the lens.');
    assert.equal(verdict, 'fine');
    assert.ok(chars <= 20);
    assert.equal(first(chinese, '他们点亮灯塔，记录天气和过往船只。')[0], 'fine');
    assert.equal(first(json, ' {"name"')[0], 'fine');
    assert.equal(first(json, 'true')[0], 'fine');
  });

  it('tells a refusal, and waits where a text only begins like one', () => {
    assert.equal(first(question, "I'm sorry, but I can't help with that request.")[0], 'refused');
    assert.equal(first(chinese, '很抱歉，我无法提供相关信息，请您谅解。')[0], 'refused');
    const [verdict, chars] = first(
      question,
      `I would say that the lamp comes first. ${'Then the log. '.repeat(20)}`,
    );
    assert.equal(verdict, 'fine');
    assert.ok(chars > 100 && chars <= prefixCharsMax);
  });

  it('tells another script, an empty beginning, and words before JSON', () => {
    const english =
      'The keeper lights the lamp every evening, writes down the weather and the ships at night, and cleans the lens in the morning before going to rest for a while.';
    assert.equal(first(chinese, english)[0], 'wrong-language');
    assert.equal(
      first(
        question,
        '他们每天傍晚点亮灯塔，夜里记录天气和过往船只，早晨清洁透镜，并且修理楼梯和小船，午后则休息并给家人写信。',
      )[0],
      'wrong-language',
    );
    assert.equal(first(question, ' '.repeat(prefixCharsMax))[0], 'empty');
    assert.equal(first(json, 'Here is the JSON: {}')[0], 'invalid-json');
    assert.equal(first(json, '```json\n{}')[0], 'invalid-json');
  });

  it('never waits longer than its maximum', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: prefixCharsMax, maxLength: 2 * prefixCharsMax, unit: 'grapheme' }),
        fc.constantFrom(question, chinese, json),
        (text, request) => {
          assert.notEqual(prefixReader(request, shapeOf(request))(text), 'wait');
        },
      ),
    );
  });
});
