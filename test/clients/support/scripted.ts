import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FakeScript } from '../../support/fake-upstream.ts';
import type { Client, ClientDialect, ClientKind, Question, Seen } from './client.ts';
import { person, pixel, weatherTool } from './questions.ts';
import { type Received, read } from './received.ts';
import { type ScriptedStage, startScripted } from './stage.ts';

type Reply = Exclude<FakeScript, unknown[] | ((...never: never[]) => unknown)>;

/** The upstream's own words for why it stopped. */
const reasons = {
  'openai-chat': { length: 'length', filtered: 'content_filter' },
  'anthropic-messages': { length: 'max_tokens', filtered: 'refusal' },
} as const;

/** How a stream of this dialect says that a call has no arguments. */
const noArguments = { 'openai-chat': ['{}'], 'anthropic-messages': [] };

/** Framing that is allowed and unusual. */
const oddFraming: Reply = { pieceBytes: 5, newline: '\r\n', comments: true, tight: true };

/** The checks against an upstream that says what the test tells it to. */
export function testScripted(kind: ClientKind, dialect: ClientDialect): void {
  let stage: ScriptedStage;
  let client: Client;
  before(async () => {
    stage = await startScripted(kind, dialect);
    client = stage.connect();
  });
  after(() => stage.close());

  const received = (fromEnd = 1): Received => read(dialect, stage.upstream.requests.at(-fromEnd)?.body);
  const answerOf = (question: Question, stream: boolean): Promise<Seen> =>
    stream ? client.stream(question) : client.ask(question);

  test('a question reaches the upstream whole, and its answer the program', async () => {
    stage.play({ text: ['敦煌 is ', 'in the west 🐫.'], inputTokens: 40, outputTokens: 9 });
    const answer = await client.ask({
      model: stage.model,
      system: 'Answer in one line.',
      prompt: 'Where is 敦煌?',
      maxOutputTokens: 200,
      temperature: 0.5,
      stop: ['\n\n', 'END'],
    });
    assert.equal(answer.text, '敦煌 is in the west 🐫.');
    assert.equal(answer.finish, 'stop');
    const { model, system, prompts, maxOutputTokens, temperature, stop } = received();
    assert.deepEqual(
      { model, system, prompts, maxOutputTokens, temperature },
      {
        model: stage.upstreamName,
        system: 'Answer in one line.',
        prompts: ['Where is 敦煌?'],
        maxOutputTokens: 200,
        temperature: 0.5,
      },
    );
    // An Anthropic upstream refuses sequences of white space alone, so a translation leaves them out.
    const onlyVisible = dialect === 'anthropic-messages' && kind.dialect !== dialect;
    assert.deepEqual(stop, onlyVisible ? ['END'] : ['\n\n', 'END']);
  });

  test('a stream hands over every piece, in order', async () => {
    const pieces = ['One ', '二 ', '🐫', ' four', '\n', 'six.'];
    stage.play({ text: pieces });
    const question = { model: stage.model, prompt: 'Count.' };
    const arrived: string[] = [];
    const answer = await client.stream(question, (text) => arrived.push(text));
    assert.deepEqual(answer.deltas, pieces);
    assert.deepEqual(arrived, pieces);
    assert.equal(answer.text, pieces.join(''));
    assert.equal(answer.finish, 'stop');
    stage.play({ text: pieces, ...oddFraming });
    assert.deepEqual((await client.stream(question)).deltas, pieces);
  });

  for (const stream of [false, true]) {
    const how = stream ? ', streamed' : '';

    test(`usage is what the upstream counted${how}`, async () => {
      stage.play({
        text: 'Yes.',
        inputTokens: 1000,
        cacheReadTokens: 400,
        outputTokens: 70,
        reasoningTokens: 20,
      });
      const { usage } = await answerOf({ model: stage.model, prompt: 'Sure?' }, stream);
      const { inputTokens, cacheReadTokens, outputTokens, reasoningTokens } = usage;
      assert.deepEqual(
        { inputTokens, cacheReadTokens, outputTokens },
        { inputTokens: 1000, cacheReadTokens: 400, outputTokens: 70 },
      );
      // Messages upstreams do not say how much of the output was thinking.
      if (dialect === 'openai-chat') assert.equal(reasoningTokens, 20);
    });

    test(`a tool loop with parallel calls keeps arguments, ids and results${how}`, async () => {
      const calls = [
        { id: 'toolu_1', city: '敦煌 "west" \\ 🐫', unit: 'celsius' },
        { id: 'toolu_2', city: 'Paris', unit: 'fahrenheit' },
      ];
      stage.play([
        {
          toolCalls: calls.map(({ id, ...input }) => ({
            id,
            name: 'get_weather',
            arguments: inPieces(JSON.stringify(input)),
          })),
        },
        { text: ['It is ', 'fine.'] },
      ]);
      const weather = weatherTool();
      const question = { model: stage.model, system: 'Use tools.', prompt: 'How is the weather?' };
      const text = await client.useTools(question, [weather], { stream });
      assert.equal(text, 'It is fine.');
      const inputs = calls.map(({ city, unit }) => ({ city, unit }));
      assert.deepEqual(weather.inputs, inputs);

      const first = received(2);
      assert.deepEqual(
        first.tools.map((tool) => [tool.name, Object.keys(tool.schema.properties), tool.schema.required]),
        [['get_weather', ['city', 'unit'], ['city', 'unit']]],
      );
      const second = received();
      assert.equal(second.system, 'Use tools.');
      assert.deepEqual(second.prompts, ['How is the weather?']);
      assert.deepEqual(
        second.calls,
        inputs.map((input, at) => ({ id: `toolu_${at + 1}`, name: 'get_weather', input })),
      );
      assert.deepEqual(
        second.results.map(({ id, text }) => [id, JSON.parse(text)]),
        [
          ['toolu_1', { temperature: 22, sky: 'clear' }],
          ['toolu_2', { temperature: 23, sky: 'clear' }],
        ],
      );
    });

    test(`a tool without arguments can be called${how}`, async () => {
      stage.play([
        {
          toolCalls: [
            { id: 'toolu_1', name: 'get_weather', arguments: stream ? noArguments[dialect] : '{}' },
          ],
        },
        { text: 'Done.' },
      ]);
      const weather = { ...weatherTool(), input: person.pick({}) };
      const question = { model: stage.model, prompt: 'How is the weather?' };
      assert.equal(await client.useTools(question, [weather], { stream }), 'Done.');
      assert.deepEqual(weather.inputs, [{}]);
      assert.deepEqual(received().calls, [{ id: 'toolu_1', name: 'get_weather', input: {} }]);
    });

    test(`structured output carries the schema there and the object back${how}`, async () => {
      const ada = { name: 'Ada', age: 36, tags: ['poet'], address: { city: 'London', zip: null } };
      stage.play({ text: inPieces(JSON.stringify(ada)) });
      const question = { model: stage.model, prompt: 'Who is it?' };
      const seen = stream
        ? await client.streamObject(question, person)
        : await client.askForObject(question, person);
      assert.deepEqual(seen, ada);
      const { schema } = received();
      assert.deepEqual(Object.keys(schema.properties), ['name', 'age', 'tags', 'address']);
      assert.deepEqual(schema.required, ['name', 'age', 'tags', 'address']);
      assert.deepEqual(schema.properties.tags.items.enum, ['poet', 'engineer']);
      assert.equal(schema.additionalProperties, false);
      assert.equal(schema.properties.address.additionalProperties, false);
    });

    test(`reasoning is asked for, and comes apart from the answer${how}`, async () => {
      stage.play({ reasoning: ['Let me ', 'think. '], text: ['Rayleigh ', 'scattering.'] });
      const question = { model: stage.thinkingModel, prompt: 'Why is the sky blue?', thinks: true };
      const answer = await answerOf(question, stream);
      assert.equal(answer.text, 'Rayleigh scattering.');
      assert.equal(answer.reasoning, kind.hidesReasoning === true ? '' : 'Let me think. ');
      assert.ok(received().thinks, 'the upstream was not asked to think');
    });

    test(`an answer that was cut or filtered says so${how}`, async () => {
      const question = { model: stage.model, prompt: 'Go on.' };
      stage.play({ text: 'Half an ans', finish: reasons[dialect].length });
      assert.equal((await answerOf(question, stream)).finish, 'length');
      stage.play({ text: 'I would rather', finish: reasons[dialect].filtered });
      const filtered = await answerOf(question, stream);
      assert.equal(filtered.finish, 'content-filter');
      assert.equal(filtered.text, 'I would rather');
    });
  }

  test('images reach the upstream in its own form, inline and by address', async () => {
    stage.play({ text: 'An image.' });
    for (const imageUrl of [pixel, 'https://images.example/camel.png']) {
      const answer = await client.ask({ model: stage.model, prompt: 'What is this?', imageUrl });
      assert.equal(answer.text, 'An image.');
      assert.deepEqual(received().images, [imageUrl]);
      assert.deepEqual(received().prompts, ['What is this?']);
    }
  });

  if (kind.listsModels) {
    test('models are listed', async () => {
      assert.ok(client.models !== undefined);
      assert.ok((await client.models()).includes(stage.model));
    });
  }
}

function inPieces(text: string): string[] {
  const chars = [...text];
  return Array.from({ length: Math.ceil(chars.length / 4) }, (_, at) =>
    chars.slice(at * 4, at * 4 + 4).join(''),
  );
}
