import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type ChatAnswer,
  type ChatRequest,
  clientDialects,
  dialects,
  parseJsonBody,
} from '../../../src/protocol/index.ts';
import { answerFaults } from '../../../src/router/answer/checks/list.ts';
import { AnswerCollector } from '../../../src/upstream/index.ts';
import { type Recording, recordings, recordingsMissing } from '../../protocol/support/recordings.ts';
import { decodeStream } from '../../protocol/support/streams.ts';
import { system } from '../fixtures.ts';
import { answer, ask, call, calls, shapeOf, weather } from './fixtures.ts';

function check(request: ChatRequest, given: ChatAnswer, expected: string[]): void {
  const said = JSON.stringify(given.parts).slice(0, 120);
  assert.deepEqual(answerFaults(given, request), expected, said);
  assert.deepEqual(answerFaults(given, request, shapeOf(request)), expected, `with its shape: ${said}`);
}

const question = ask('What does a lighthouse keeper do all day?');
const json = ask('Describe the ship.', { responseFormat: { type: 'json-object' } });
const schema = ask('Describe the ship.', {
  responseFormat: {
    type: 'json-schema',
    name: 'ship',
    schema: {
      type: 'object',
      properties: { name: { type: 'string' }, masts: { type: 'integer' } },
      required: ['name', 'masts'],
      additionalProperties: false,
    },
  },
});
const withTools = ask('What is the weather in Oslo?', { tools: [weather] });

describe('answerFaults()', () => {
  it('finds nothing in a plain answer', () => {
    check(question, answer('They tend the lamp, keep the log and clean the lens.'), []);
    check(json, answer('{"name": "Vega", "masts": 3}'), []);
    check(schema, answer('{"name": "Vega", "masts": 3}'), []);
    check(withTools, calls(call('get_weather', { city: 'Oslo', days: 2 })), []);
  });

  it('tells an empty answer', () => {
    check(question, answer(''), ['empty']);
    check(question, answer(' \n '), ['empty']);
    check(withTools, calls(call('get_weather', '{"city":"Oslo"}')), []);
  });

  it('does not judge what the output limit of the client cut, and does where the limit was not the client’s', () => {
    const limited = ask('Describe the ship.', {
      sampling: { maxOutputTokens: 20 },
      responseFormat: { type: 'json-object' },
    });
    check(limited, answer('{"name": "Ve', 'length'), []);
    check(json, answer('{"name": "Ve', 'length'), ['truncated']);
    check(question, answer('They tend the', 'length'), ['truncated']);
  });

  it('tells an answer that ends within JSON or code although its vendor calls it whole', () => {
    check(json, answer('{"name": "Vega", "masts": [1, 2'), ['invalid-json', 'truncated']);
    check(question, answer('Here:\n```python\ndef f(a,\n'), ['truncated']);
    // A last fence that was forgotten is a slip.
    check(question, answer('Here:\n```python\nprint(1)\n'), []);
  });

  it('judges JSON by the schema that was asked for', () => {
    check(json, answer('Here is your JSON: {}'), ['invalid-json']);
    check(json, answer('```json\n{}\n```'), ['invalid-json']);
    check(schema, answer('{"name": "Vega"}'), ['json-schema-mismatch']);
    check(schema, answer('{"name": "Vega", "masts": 3, "length": 9}'), ['json-schema-mismatch']);
    check(schema, answer('{"name": "Vega", "masts": "three"}'), ['json-schema-mismatch']);
  });

  it('judges tool calls by name, JSON, schema and what was forced', () => {
    check(withTools, calls(call('get_weather', '{"city":')), ['invalid-tool-arguments']);
    check(withTools, calls(call('get_wether', { city: 'Oslo' })), ['unknown-tool']);
    check(withTools, calls(call('get_weather', { days: 1 })), ['tool-arguments-mismatch']);
    check(withTools, calls(call('get_weather', { city: 'Oslo', days: 0 })), ['tool-arguments-mismatch']);
    check(withTools, calls(call('get_weather', '')), ['tool-arguments-mismatch']);
    const forced = { ...withTools, toolChoice: { name: 'get_weather' } };
    check(forced, answer('It is cold there.'), ['tool-choice-ignored']);
    check(forced, calls(call('get_weather', { city: 'Oslo' })), []);
    check({ ...withTools, toolChoice: 'required' }, answer('It is cold there.'), ['tool-choice-ignored']);
    check({ ...withTools, toolChoice: 'none' }, calls(call('get_weather', { city: 'Oslo' })), [
      'tool-choice-ignored',
    ]);
  });

  it('leaves calls alone where a tool is one that only its own dialect knows', () => {
    const native = ask('Search', { tools: [{ ...weather, native: { type: 'web_search' } }] });
    check(native, calls(call('anything', { q: 1 })), []);
  });

  it('tells a refusal by the vendor’s word and by its own', () => {
    check(question, answer('', 'content-filter'), ['empty', 'refused']);
    check(question, answer('', 'stop', [{ type: 'refusal', text: 'No.' }]), ['refused']);
    for (const text of [
      "I'm sorry, but I can't help with that.",
      'I cannot assist with this request.',
      'Sorry, I am unable to provide that information.',
      'As an AI language model, I can’t create such content.',
      "Unfortunately, I won't be able to".replace("won't be able to", "can't share this."),
    ]) {
      check(question, answer(text), ['refused']);
    }
    check(ask('灯塔看守人整天都做些什么事情？'), answer('很抱歉，我无法提供相关信息。'), ['refused']);
    check(ask('灯塔看守人整天都做些什么事情？'), answer('作为一个人工智能语言模型，我不能回答这个问题。'), [
      'refused',
    ]);
    check(ask('灯台守は一日中なにをしますか'), answer('申し訳ありませんが、その質問にはお答えできません。'), [
      'refused',
    ]);
    check(ask('등대지기는 하루 종일 무엇을 하나요'), answer('죄송하지만 그 요청은 도와드릴 수 없습니다.'), [
      'refused',
    ]);
  });

  it('takes words of regret for no refusal where they are the answer, or only its beginning', () => {
    check(question, answer('I cannot find any errors in the log.'), []);
    check(question, answer("I can't help but admire how they keep watch."), []);
    check(question, answer("I'm sorry to hear that. Here is what helps."), []);
    check(
      ask('Write a letter that declines an invitation.'),
      answer('I am sorry, but I cannot provide a venue.'),
      [],
    );
    check(
      ask('Answer from the text. If it is not there, say you cannot answer.'),
      answer('I cannot answer this.'),
      [],
    );
    check(
      question,
      answer(
        `I'm sorry, but I can't give live data. ${'Here is how the work went. '.repeat(5)}`.padEnd(
          600,
          'Then the lamp. And the log, the lens, the oil, the stairs, the boats, the fog bell, the stores. ',
        ),
      ),
      [],
    );
    check(ask('Translate: 我不能帮你'), answer('I cannot help you.'), []);
  });

  it('tells an answer that goes round in circles', () => {
    check(question, answer(`They work. ${'and then they clean the lens again '.repeat(20)}`), ['loop']);
    const line = 'The keeper climbs the stairs of the tower and lights the lamp.';
    const varied = (i: number) => (i % 3 === 0 ? `Night ${i} came.` : line);
    check(question, answer(Array.from({ length: 30 }, (_, i) => varied(i)).join('\n')), ['loop']);
    check(
      ask('灯塔看守人整天都做些什么事情？'),
      answer(`他们点灯。${'然后他们再一次清洁透镜并且记录天气，'.repeat(30)}`),
      ['loop'],
    );
  });

  it('takes lists, tables, rules and repetition that was asked for, for no loop', () => {
    const rows = Array.from({ length: 40 }, (_, i) => `| ${i} | keeper ${i * 7} | lit |`).join('\n');
    check(question, answer(`| n | who | lamp |\n|---|---|---|\n${rows}\n${'-'.repeat(400)}`), []);
    check(ask('Write «all work and no play» 50 times'), answer('all work and no play\n'.repeat(50)), []);
  });

  it('tells an answer in another language or script than the ask', () => {
    const chinese =
      '灯塔看守人每天傍晚点亮灯塔，夜里记录天气和过往船只，早晨清洁透镜，并修理楼梯和小船，午后则休息并给家人写信。';
    const english =
      'The keeper lights the lamp every evening, writes down the weather and the ships at night, and cleans the lens in the morning before going to rest for a while.';
    const japanese =
      '灯台守は毎晩ランプをともし、夜のあいだ天気と船を記録し、朝になるとレンズを磨いて階段を修理します。';
    check(question, answer(chinese), ['wrong-language']);
    check(question, answer(japanese), ['wrong-language']);
    check(ask('灯塔看守人整天都做些什么事情？'), answer(english), ['wrong-language']);
    check(ask('灯塔看守人整天都做些什么事情？'), answer(japanese), ['wrong-language']);
    check(ask('灯台守は一日中なにをしていますか、教えてください。'), answer(chinese), ['wrong-language']);
    check(ask('등대지기는 하루 종일 무엇을 하나요? 알려 주세요.'), answer(chinese), ['wrong-language']);
    check(question, answer(english), []);
    check(ask('灯塔看守人整天都做些什么事情？'), answer(chinese), []);
  });

  it('lets another language pass that the request accounts for', () => {
    const chinese =
      '灯塔看守人每天傍晚点亮灯塔，夜里记录天气和过往船只，早晨清洁透镜，并修理楼梯和小船，午后则休息并给家人写信。';
    const english =
      'The keeper lights the lamp every evening, writes down the weather and the ships at night, and cleans the lens in the morning before going to rest for a while.';
    check(ask('Answer in Chinese: what does a lighthouse keeper do?'), answer(chinese), []);
    check(ask(`Put the following in one sentence, please.\n${chinese}`), answer(english), []);
    check(ask('灯塔看守人做什么？请用英文回答。'), answer(english), []);
    const chineseSystem = {
      ...question,
      messages: [system('你是一位博物馆讲解员，请亲切地回答游客的问题。'), ...question.messages],
    };
    check(chineseSystem, answer(chinese), []);
    check(
      ask('这段代码为什么会报错呢？请修好它。'),
      answer(
        `\`\`\`js\nconst keeper = { lights: 'the lamp every evening and writes down the weather and all of the ships', cleans: 'the lens in the morning' };\n\`\`\``,
      ),
      [],
    );
  });

  it('hints at code that does not parse, and only where that is certain', () => {
    const coded = (language: string, code: string) => answer(`Here:\n\`\`\`${language}\n${code}\n\`\`\``);
    check(question, coded('js', 'const a = {;'), ['code-syntax']);
    check(question, coded('js', 'import a from "a";\nexport default await a();'), []);
    check(question, coded('js', 'return await a();'), []);
    check(question, coded('js', 'function f() { ... }'), []);
    check(question, coded('ts', 'const a: number = ;'), ['code-syntax']);
    check(question, coded('ts', 'enum A { B }\nconst x = <T,>(a: T): T => a;'), []);
    check(question, coded('json', '{"a": 1,}'), ['code-syntax']);
    check(question, coded('json', '{"a": 1}\n{"a": 2}'), []);
    check(question, coded('python', 'def f(a):\n    return (a + 1'), ['code-syntax']);
    check(question, coded('python', 'def f(a):\nreturn a'), ['code-syntax']);
    check(question, coded('python', 'def f(a):\n    # it\'s (\n    return "(" + a'), []);
    check(question, coded('python', '>>> f(\n'), []);
    check(question, coded('go', 'func f() {\n\treturn `{`\n}'), []);
    check(question, coded('go', 'func f() {\n\treturn 1)\n}'), ['code-syntax']);
    check(question, coded('rust', "fn f<'a>(x: &'a str) {"), []);
  });

  it('runs nothing of the code that it parses', () => {
    check(question, answer('```js\nthrow new Error("run"); process.exit(1); while (true) {}\n```'), []);
  });

  it('ends soon with long and hostile answers', () => {
    for (const text of [
      '('.repeat(200_000),
      'a '.repeat(200_000),
      '```'.repeat(50_000),
      `"${'\\'.repeat(100_000)}`,
      `${' '.repeat(100_000)}x`,
    ]) {
      answerFaults(answer(text), question);
      answerFaults(answer(text), json);
    }
  });
});

describe('recorded answers', { skip: recordingsMissing }, () => {
  it('are not blamed for anything', () => {
    const blamed = recordings()
      .filter(({ status }) => status === 200)
      .flatMap((recording) => {
        const given = answerOf(recording);
        return given === undefined
          ? []
          : [{ file: recording.file, faults: answerFaults(given, requestOf(recording)) }];
      });
    assert.ok(blamed.length >= 75);
    assert.deepEqual(
      blamed.filter(({ faults }) => faults.length > 0),
      [],
    );
  });
});

function answerOf({ stream, dialect, bytes }: Recording): ChatAnswer | undefined {
  if (!stream) return dialects[dialect].decodeAnswer(parseJsonBody(bytes));
  const collector = new AnswerCollector();
  for (const event of decodeStream(dialects[dialect], bytes)) collector.add(event);
  collector.add({ type: 'end' });
  return collector.answer();
}

/** What was asked, where it is known and whole; else a request that asks for nothing in particular. */
function requestOf({ file, dialect, stream }: Recording): ChatRequest {
  const folder = join(import.meta.dirname, '../../../../shared/data/wire');
  const path = join(folder, file.replace(/\.(events\.json|lines\.txt|json|sse)$/, '.request.json'));
  if (!existsSync(path)) return question;
  const bytes = readFileSync(path);
  try {
    return clientDialects[dialect].decodeRequest(parseJsonBody(bytes), bytes, { model: 'm', stream });
  } catch {
    return question;
  }
}
