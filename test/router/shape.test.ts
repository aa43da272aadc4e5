import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer';
import type { Language, TaskFamily } from '../../src/router/index.ts';
import { assistant, chat, read, system, toolCall, toolResult } from './fixtures.ts';

test('the language is told by script', () => {
  const cases: [string, Language][] = [
    ['What is the tallest mountain?', 'en'],
    ['世界上最高的山是哪座？', 'zh'],
    ['世界で一番高い山はどれですか。', 'ja'],
    ['세계에서 가장 높은 산은 무엇입니까?', 'ko'],
    ['Какая гора самая высокая?', 'other'],
    ['Quelle est la plus haute montagne située près de l’équateur, à côté d’ici ?', 'other'],
    ['解释一下这个 TypeScript 函数 parseJsonBody 是做什么的', 'zh'],
    ['Who wrote 三国演义 and when was the novel first printed in its present form?', 'en'],
    ['', 'other'],
  ];
  for (const [ask, language] of cases) assert.equal(read(chat([ask])).shape.language, language, ask);
});

test('the family of work is told by structure and by cues in four languages', () => {
  const cases: [string, TaskFamily][] = [
    ['Translate to German: the house is big.', 'translate'],
    ['把下面的句子翻译成英文：今天下雨。', 'translate'],
    ['次の文を英語に翻訳してください。今日は雨です。', 'translate'],
    ['다음 문장을 영어로 번역해 주세요. 오늘은 비가 옵니다.', 'translate'],
    ['Summarize the following meeting notes: we met and talked.', 'summarise'],
    ['请总结以下内容：会议改到星期二。', 'summarise'],
    ['Rewrite this sentence politely: send it now', 'rewrite'],
    ['Extract all names from this text: Ann met Bob.', 'extraction'],
    ['从下面的文本中提取人名：张三见了李四。', 'extraction'],
    ['Solve the equation 3x + 5 = 20.', 'maths'],
    ['求解方程 3x + 5 = 20', 'maths'],
    ['Prove that the square root of two is irrational.', 'maths'],
    ['Write a Python function that reverses a list.', 'code'],
    ['写一个反转链表的Python函数', 'code'],
    ['Write a poem about autumn leaves.', 'creative'],
    ['Why do empires fall?', 'reasoning'],
    ['为什么天空是蓝色的？', 'reasoning'],
    ['Who discovered penicillin?', 'lookup'],
    ['Which is a noble gas?\nA. Neon\nB. Iron\nC. Gold\nD. Zinc', 'lookup'],
    ['Hello there!', 'chat'],
  ];
  for (const [ask, task] of cases) assert.equal(read(chat([ask])).shape.task, task, ask);
});

test('system prompt, tools, tool output, reminders and history are not the ask', () => {
  const plain = read(chat(['hi']));
  const loaded = read(
    chat(
      [
        system(
          'You are an expert. Prove theorems, write Python code, solve equations 1 + 1 = 2. '.repeat(400),
        ),
        'Prove the Riemann hypothesis step by step and write a compiler in Rust.',
        assistant('Certainly: let s be a complex number.'),
        '<system-reminder>Remember to refactor the code and prove your theorem.</system-reminder>hi',
      ],
      {
        tools: Array.from({ length: 30 }, (_, i) => ({
          name: `tool${i}`,
          description: 'Calculates the integral of a polynomial.',
          parameters: { type: 'object' },
        })),
      },
    ),
  );
  assert.deepEqual(loaded.vector, plain.vector);
  assert.equal(loaded.ask, 'hi');
  assert.equal(loaded.shape.task, plain.shape.task);
  assert.equal(loaded.shape.userTurns, 2);
  assert.ok(loaded.shape.inputTokensEstimate > plain.shape.inputTokensEstimate + 5000);
});

test('a turn that brings tool results is an agent step, also when a reminder follows them', () => {
  const messages = [system('s'), 'Find the file.', toolCall('c1'), toolResult('c1')];
  for (const more of [[], ['<system-reminder>be brief</system-reminder>']]) {
    const { shape, ask } = read(chat([...messages, ...more]));
    assert.equal(shape.turn, 'tool-result');
    assert.equal(shape.task, 'agent-step');
    assert.equal(shape.openToolLoop, true);
    assert.equal(ask, 'Find the file.');
  }
  const closed = read(chat([...messages, assistant('It is there.'), 'Thanks. What else?'])).shape;
  assert.equal(closed.turn, 'main');
  assert.equal(closed.openToolLoop, false);
});

test('side requests of clients are recognised, and users who ask for titles are not taken for them', () => {
  const title = chat([
    system('You are a title generator. You output ONLY a thread title.'),
    'fix the login bug',
  ]);
  assert.equal(read(title).shape.turn, 'title');
  assert.equal(read(title).shape.task, 'utility');
  const condense = chat([
    'Build it.',
    assistant('Done.'),
    'Your task is to create a detailed summary of the conversation so far.',
  ]);
  assert.equal(read(condense).shape.turn, 'compaction');
  const sub = chat([
    system('You are an agent for a coding tool. Use the tools available.'),
    'Search the tests.',
  ]);
  assert.equal(read(sub).shape.turn, 'sub-agent');
  assert.equal(read(chat(['Write a title for my blog post about cats.'])).shape.turn, 'main');
});

test('the session key holds over turns, differs between keys, and shows nothing of the header', () => {
  const first = [system('s'), 'Hello'];
  const later = [...first, assistant('Hi'), 'Next question'];
  assert.equal(read(chat(first)).shape.sessionKey, read(chat(later)).shape.sessionKey);
  assert.notEqual(read(chat(first)).shape.sessionKey, read(chat([system('s'), 'Other'])).shape.sessionKey);
  const template = `Summarise this contract in five points. ${'All clauses count. '.repeat(500)}`;
  const keyOf = (document: string) => read(chat([`${template}${document}`])).shape.sessionKey;
  assert.notEqual(keyOf('The lease of Mill Lane 4.'), keyOf('The lease of Mill Lane 5.'));
  const named = read(chat(first), 'secret-session').shape.sessionKey;
  assert.equal(named, read(chat(['anything']), 'secret-session').shape.sessionKey);
  assert.ok(!named.includes('secret'));
});

test('signed thinking in the history is provider-bound state', () => {
  const signed = {
    role: 'assistant' as const,
    parts: [{ type: 'reasoning' as const, text: 'hm', signature: 'c2ln' }],
  };
  assert.equal(read(chat(['a', signed, 'b'])).shape.providerBoundState, true);
  assert.equal(read(chat(['a', assistant('x'), 'b'])).shape.providerBoundState, false);
});

test('the token bound is never below a real tokenizer’s count', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      assert.ok(read(chat([text])).shape.inputTokensBound >= encode(text).length);
    }),
  );
});

test('the token estimate is near a real tokenizer’s count in English and Chinese', () => {
  const english =
    'The committee met on Tuesday to discuss the budget for the coming year and its risks. '.repeat(40);
  const chinese = '委员会星期二开会讨论来年的预算及其风险，并决定推迟购买新的服务器。'.repeat(40);
  for (const text of [english, chinese]) {
    const estimate = read(chat([text])).shape.inputTokensEstimate;
    const real = encode(text).length;
    assert.ok(estimate > 0.65 * real && estimate < 1.6 * real, `${estimate} for ${real}`);
  }
});

test('reading is the same every time and bounded for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      assert.deepEqual(read(chat([text])), read(chat([text])));
    }),
  );
  const huge = read(chat(['word '.repeat(400_000)]));
  assert.ok(huge.vector.active.length <= 16_004);
});
