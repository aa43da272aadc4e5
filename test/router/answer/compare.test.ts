import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { comparisonFor } from '../../../src/router/answer/compare/comparison.ts';
import { answerKey, groupAnswers } from '../../../src/router/answer/compare/key.ts';
import type { AnswerComparison } from '../../../src/router/answer/terms.ts';
import { read } from '../fixtures.ts';
import { answer, ask, call, calls, weather } from './fixtures.ts';

/** All texts have the one key. */
function same(comparison: AnswerComparison, key: string | undefined, texts: string[]): void {
  for (const text of texts) assert.equal(answerKey(answer(text), comparison), key, text);
}

/** Neither can be compared, so neither bears the other out. */
function areSilent(comparison: AnswerComparison, texts: string[]): boolean {
  return texts.every((text) => answerKey(answer(text), comparison) === undefined);
}

function kindOf(text: string, more = {}): AnswerComparison {
  const request = ask(text, more);
  const reading = read(request);
  return comparisonFor(request, reading.shape, reading.ask);
}

describe('comparisonFor()', () => {
  it('goes by the form that was asked for, then by the ask', () => {
    const cases: [AnswerComparison, string, object?][] = [
      ['json', 'Describe the ship.', { responseFormat: { type: 'json-object' } }],
      ['tool-call', 'How is the weather in Oslo?', { tools: [weather] }],
      ['text', 'Tell me of the weather in Oslo.', { tools: [weather], toolChoice: 'none' }],
      ['choice', 'Which is a metal?\nA. wood\nB. iron\nC. glass\nD. silk'],
      ['choice', 'Stack is also known as (A) FIFO memory (B) flash memory (C) LIFO memory (D) LILO memory'],
      ['choice', '下列哪一项是正确的？A:甲;B:乙;C:丙;D:丁。'],
      ['choice', '次のうち正しいものはどれですか。\nA. 東京\nB. 京都'],
      ['choice', '다음 중 옳은 것을 고르시오.\nA) 서울\nB) 부산'],
      ['number', 'Janet has 16 eggs and eats 3. How many eggs are left?'],
      ['number', '小明有12个苹果，吃了3个，还剩多少个？'],
      ['number', 'りんごが12個あり、3個食べました。残りは何個ですか。'],
      ['number', '사과 12개 중 3개를 먹었다. 몇 개가 남았는가?'],
      ['number', 'Find the value of $x$ such that $2x = 7$.'],
      ['code', 'Write a Python function that sorts a list of tuples by the second entry.'],
      ['json', 'List three rivers. Respond only in JSON.'],
      ['short-text', 'Is the whale a fish? Answer yes or no.'],
      ['short-text', 'Classify the review as positive, negative or neutral: «It broke.»'],
      ['text', 'Prove that the square root of 2 is irrational.'],
      ['text', 'Tell me about lighthouses.'],
      ['text', 'Translate to French: how many apples are there?'],
      ['text', 'How old is Rome?'],
    ];
    for (const [expected, text, more] of cases) assert.equal(kindOf(text, more), expected, text);
  });
});

describe('answerKey()', () => {
  it('finds the chosen option, however it is said', () => {
    same('choice', 'B', [
      'B',
      'b'.toUpperCase(),
      'B.',
      '(B)',
      'B) Paris',
      'B: Paris, because it is the capital.',
      'The answer is (B).',
      'The answer is **B**.',
      'The correct answer is B. Paris',
      'A is wrong, and C as well.\n\nAnswer: B',
      'Option B is correct',
      'Let us see. A seems right. No.\n**Final answer: (B)**',
      'Thus $\\boxed{B}$.',
      'Thus $\\boxed{\\text{B}}$.',
      '{"reasoning": "A is not it", "answer": "B"}',
      '答案：B',
      '答案是B。',
      '正确答案为（B）。',
      '因此选B。',
      '[正确答案]B<eoa>',
      '正解はBです。',
      '答え：B',
      '정답은 B입니다.',
      '정답: B',
      'The first is false, the second true, so it must be (B).',
    ]);
    same('choice', 'ABD', ['A, B and D', 'ABD', '答案：ABD', 'The answer is A, B, D', '正确答案：A、B、D']);
    same('choice', undefined, ['Paris', 'A man walks in.', 'I think that none of them is right.', '']);
  });

  it('finds the final number, however it is written', () => {
    same('number', '18', [
      '18',
      '18.0',
      '$18',
      '$18.00',
      '18 dollars',
      '18 dollars per day.',
      '9 * 2 = 18',
      'She sells 9 eggs at $2.\n#### 18',
      'So she makes 9 * 2 = **$18** a day.',
      'The answer is 18.',
      'The final answer is $\\boxed{18}$.',
      '\\boxed{18\\text{ dollars}}',
      '\\boxed{\\$18}',
      'First 7, then 11.\nAnswer: 18 dollars',
      '36/2',
      '答案：18元',
      '答案是18个。',
      '所以一共是18。',
      '答えは18個です。',
      '정답은 18개입니다.',
      '{"reasoning": "9 times 2", "answer": "18"}',
    ]);
    same('number', '1234.5', ['1,234.5', '$1,234.50', 'It costs 1234.5 euros', '\\boxed{1{,}234.5}']);
    same('number', '0.5', [
      '1/2',
      '0.50',
      '.5',
      '\\boxed{\\frac{1}{2}}',
      'The answer is \\frac12.',
      '\\boxed{\\dfrac{1}{2}}',
    ]);
    same('number', '50', ['50%', '50 %', '\\boxed{50\\%}', '50 percent']);
    same('number', '-3', ['-3', '−3', 'x = -3', 'The answer is -3.', '\\boxed{x=-3}']);
    same('number', '0.333333', ['1/3', '\\frac{1}{3}', '0.33333333']);
    same('number', '12345678901234567890', ['12345678901234567890']);
    same('number', '300000000', ['3e8', '3 \\times 10^8', '300,000,000']);
  });

  it('takes an expression whole, not a number out of it', () => {
    same('number', '=2\\sqrt{3}', ['\\boxed{2\\sqrt{3}}', '\\boxed{ 2 \\sqrt{3} }']);
    const keys = ['\\boxed{2\\sqrt{3}}', '\\boxed{2}', '\\boxed{3\\sqrt{2}}', '\\boxed{2:3}'].map((text) =>
      answerKey(answer(text), 'number'),
    );
    assert.equal(new Set(keys).size, keys.length);
    same('number', '=4i', ['4i', '\\boxed{4i}', 'The answer is 4i.']);
    same('number', '=nosolution', ['After 12 steps: the answer is no solution.']);
    same('number', '=-1,3', ['The answer is x = 3 or x = -1.', 'The answer is -1 or 3.']);
  });

  it('compares JSON by what it holds', () => {
    same('json', '{"a":1,"b":[1,2]}', [
      '{"a":1,"b":[1,2]}',
      '{ "b": [1, 2.0], "a": 1.0 }',
      'Here it is:\n```json\n{"b": [1,2], "a": 1}\n```',
      'It is {"a": 1, "b": [1, 2]} then.',
      '{"reasoning": "since", "a": 1, "b": [1, 2]}',
    ]);
    assert.notEqual(
      answerKey(answer('{"id":12345678901234567890}'), 'json'),
      answerKey(answer('{"id":12345678901234567891}'), 'json'),
    );
    same('json', undefined, ['none', '{"a":', '['.repeat(5000) + ']'.repeat(5000)]);
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 }),
        (object) => {
          const turned = Object.fromEntries(Object.entries(object).reverse());
          assert.equal(
            answerKey(answer(JSON.stringify(object)), 'json'),
            answerKey(answer(JSON.stringify(turned, null, 2)), 'json'),
          );
        },
      ),
    );
  });

  it('compares tool calls by name and arguments; calls at once have no order', () => {
    const oslo = call('get_weather', { city: 'Oslo', days: 1 });
    const turned = call('get_weather', '{ "days": 1.0, "city": "Oslo" }');
    const rome = call('get_weather', { city: 'Rome' });
    assert.equal(answerKey(calls(oslo), 'tool-call'), answerKey(calls(turned), 'tool-call'));
    assert.equal(answerKey(calls(oslo, rome), 'tool-call'), answerKey(calls(rome, turned), 'tool-call'));
    assert.notEqual(answerKey(calls(oslo), 'tool-call'), answerKey(calls(rome), 'tool-call'));
    assert.equal(answerKey(answer('It is cold.'), 'tool-call'), undefined);
  });

  it('compares code without comments and blanks', () => {
    same('code', 'def f(a):\n return a+" # x"', [
      '```python\ndef f(a):\n    return a + " # x"\n```',
      "Here:\n```python\ndef f(a):\n  '''Adds.'''\n  # adds\n  return a+' # x'\n```\nUse:\n```python\nf('b')\n```",
    ]);
    same('code', 'const f=(a)=>a/2;', [
      '```js\nconst f = (a) => a / 2; // half\n```',
      '```ts\n/* half */ const f = (a) => a/2;\n```',
    ]);
    same('code', undefined, ['I cannot say']);
  });

  it('compares short answers without case and dressing', () => {
    same('short-text', 'paris', [
      'Paris',
      'paris.',
      '**Paris**',
      '"Paris"',
      'The answer is Paris.',
      'Answer: PARIS',
    ]);
    same('short-text', 'yes', ['Yes', 'yes.', '是', 'はい。', '네']);
    same('short-text', '[1,2]', ['[1, 2]', '[1,2]', '`[1, 2]`']);
    same('short-text', 'aBc1', ['aBc1', '"aBc1"', "'aBc1'"]);
    same('short-text', '本金争议', ['[争议焦点]本金争议<eoa>', '本金争议', '本金争议。']);
    same('short-text', undefined, ['', 'word '.repeat(100)]);
  });

  it('never takes two different answers for one', () => {
    const pairs: [AnswerComparison, string, string][] = [
      ['number', 'The answer is 5 million.', 'The answer is 5.'],
      ['number', 'It costs $5 billion.', 'It costs $5 million.'],
      ['number', '答案是5万', '答案是5亿'],
      ['number', 'The answer is \u20135', 'The answer is 5'],
      ['number', 'The answer is negative 5', 'The answer is 5'],
      ['number', 'The answer is 12:30', 'The answer is 12:45'],
      ['number', 'It arrives at 12:30.', 'It arrives at 11:30.'],
      ['number', 'The answer is between 3 and 5', 'The answer is between 3 and 7'],
      ['number', 'The answer is 5 hours 30 minutes', 'The answer is 5 hours 45 minutes'],
      ['number', '答案：5小时30分钟', '答案：5小时45分钟'],
      ['number', 'The answer is 1.5 × 10⁶', 'The answer is 1.5 × 10⁷'],
      ['number', 'The answer is 1234567.1', 'The answer is 1234568.9'],
      ['number', 'The answer is more than 5', 'The answer is less than 5'],
      ['number', 'The answer is not 5 but 6', 'The answer is not 5 but 7'],
      ['number', 'The answer is 1,5', 'The answer is 1,7'],
      ['number', 'x = 3 or x = 5', 'x = 7 or x = 5'],
      ['number', 'x = 5, y = 3', 'x = 2, y = 3'],
      ['number', '\\boxed{x=5, y=3}', '\\boxed{x=3, y=5}'],
      ['number', '\\boxed{(3, 4)}', '\\boxed{(4, 3)}'],
      ['number', '\\boxed{2.5\\pi}', '\\boxed{25\\pi}'],
      ['choice', 'B is not right.', 'B is right.'],
      ['choice', 'A不对', '答案：A'],
      ['choice', '答案：BAC', '答案：CAB'],
      ['choice', 'A-2, B-1, C-3', 'A-1, B-2, C-3'],
      ['short-text', '2**3', '23'],
      ['short-text', '10⁵', '105'],
      ['short-text', '007', '7'],
      ['short-text', '[1 2]', '[12]'],
      ['json', '{"reason":"refund","ticket":5}', '{"reason":"bug","ticket":5}'],
      ['code', '```python\nif x:\n  a()\nb()\n```', '```python\nif x:\n  a()\n  b()\n```'],
      ['code', '```\ny = a // 2\n```', '```\ny = a // 3\n```'],
      ['code', '```python\nq = (\n"""a"""\n)\n```', '```python\nq = (\n"""b"""\n)\n```'],
      ['code', '```bash\nrm -rf /tmp x\n```', '```bash\nrm -rf /tmpx\n```'],
      ['code', '```html\n<a href=http://x.org>\n```', '```html\n<a href=http://y.org>\n```'],
    ];
    for (const [kind, ...texts] of pairs) {
      const [one, other] = texts.map((text) => answerKey(answer(text), kind));
      assert.ok(one !== other || areSilent(kind, texts), `${texts.join(' | ')}: ${one}`);
    }
    const edit = (old: string) => calls(call('edit', { old }));
    assert.notEqual(answerKey(edit('\tx'), 'tool-call'), answerKey(edit('x'), 'tool-call'));
  });

  it('takes sizes, signs and depths of lines for the same however they are written', () => {
    same('number', '5000000', ['5 million', '5,000,000', 'The answer is $5M.', '答案是500万', '5 × 10⁶']);
    same('number', '-5', ['The answer is \u20135', 'The answer is minus 5', '答案是负5']);
    same('code', 'if x:\n a()\nb()', [
      '```python\nif x:\n  a()\nb()\n```',
      '```py\nif x:\n\ta()\n\nb()\n```',
    ]);
  });

  it('never compares wording', () => {
    same('text', undefined, ['Yes', '18']);
  });

  it('is the same for an answer that is only its key again', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })),
        (value) => {
          const key = answerKey(answer(value.toFixed(4)), 'number');
          assert.ok(key !== undefined);
          assert.equal(answerKey(answer(key), 'number'), key);
          assert.equal(answerKey(answer(`The answer is ${value.toFixed(4)}.`), 'number'), key);
        },
      ),
    );
  });

  it('ends soon on hostile texts', () => {
    const kinds: AnswerComparison[] = ['choice', 'number', 'json', 'tool-call', 'code', 'short-text', 'text'];
    for (const text of [
      'a'.repeat(200_000),
      '1,'.repeat(100_000),
      ' '.repeat(200_000),
      '\\boxed{'.repeat(30_000),
      'answer is '.repeat(20_000),
      "'\\".repeat(100_000),
      '{['.repeat(100_000),
      `"answer": "${'\\a'.repeat(100_000)}`,
      '1'.repeat(200_000),
      '⁵'.repeat(100_000),
      '\n'.repeat(200_000),
      '5 hours '.repeat(20_000),
    ]) {
      for (const kind of kinds) answerKey(answer(text), kind);
    }
  });
});

describe('groupAnswers()', () => {
  it('gives one number to those who say the same, and none to what cannot be compared', () => {
    const given = [
      answer('18'),
      answer('I do not know.'),
      answer('$17'),
      answer('The answer is 18.0'),
      undefined,
    ];
    assert.deepEqual(groupAnswers(given, 'number'), [0, undefined, 1, 0, undefined]);
    assert.deepEqual(groupAnswers(given, 'text'), [undefined, undefined, undefined, undefined, undefined]);
  });

  const numbersOf = (...texts: string[]) =>
    groupAnswers(
      texts.map((text) => answer(text)),
      'number',
    );

  it('holds a number in one unit and the same in another for different answers', () => {
    const pairs: [string, string][] = [
      ['2 hours', '2 minutes'],
      ['The answer is 2 hours.', 'It takes **2 more minutes**.'],
      ['\\boxed{2\\text{ hours}}', '\\boxed{2\\,\\text{min}}'],
      ['$5', '5 cents'],
      ['So she pays $5 in all.', 'So she pays 5 cents in all.'],
      ['50%', '50 degrees'],
      ['1/2 hour', '1/2 day'],
      ['60 km/h', '60 mph'],
      ['3 kg', '3 g'],
      ['答案：2小时', '答案：2分钟'],
      ['答案是2 小时。', '所以需要2天。'],
      ['答案：5元', '答案：5角'],
      ['答えは100円です。', '答えは100ドルです。'],
      ['答えは2時間です。', '答えは2分です。'],
      ['정답은 2시간입니다.', '정답은 2분입니다.'],
      ['정답: 500원', '정답: 500달러'],
    ];
    for (const [one, other] of pairs) assert.deepEqual(numbersOf(one, other), [0, 1], `${one} | ${other}`);
  });

  it('holds units that are spelled in different ways, things counted, and a number without a unit for the same', () => {
    const sets = [
      ['2 hours', '2 hrs', '2h', '答案：2小时', '2', 'The answer is **2 hours** in total.', '$2$ hours'],
      ['$18', '18 dollars', '\\boxed{\\$18}', 'So she has **$18** left.', '18 US dollars', '18'],
      ['18 eggs', '18 eggs left', '18', '答案是18个。', '18개', '答えは18つです。'],
      ['5元', '5 yuan', '答案：5块钱', '5'],
      ['100円', '100 yen', '答えは100円です。', '100'],
      ['50%', '50 percent', '\\boxed{50\\%}', '50％', '50'],
      ['60 km/h', '60 kilometers per hour', '60 km'],
    ];
    for (const texts of sets)
      assert.deepEqual(
        numbersOf(...texts),
        texts.map(() => 0),
        texts.join(' | '),
      );
  });

  it('lets a number without a unit bear out neither of two units, in any order', () => {
    assert.deepEqual(numbersOf('2 hours', '2', '2 minutes'), [0, 1, 2]);
    assert.deepEqual(numbersOf('2', '2 minutes', '2 hours', '2'), [0, 1, 2, 0]);
    assert.deepEqual(numbersOf('2 hours', '3 minutes', '2'), [0, 1, 0]);
  });
});
