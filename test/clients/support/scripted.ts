import assert from 'node:assert/strict';
import type { FakeScript } from '../../support/fake-upstream.ts';
import type { Check, Scene } from './check.ts';
import type { Feature, Question, Seen } from './client.ts';
import { person, pixel, weatherTool } from './questions.ts';
import { upstreamFacts } from './upstream-facts.ts';

type Reply = Exclude<FakeScript, unknown[] | ((...never: never[]) => unknown)>;

/** Framing that is allowed and unusual. */
const oddFraming: Reply = { pieceBytes: 5, newline: '\r\n', comments: true, tight: true };

/** The checks against an upstream that says what the test tells it to. */
export const scriptedChecks: Check[] = [
  {
    name: 'a question reaches the upstream whole, and its answer the program',
    group: 'text',
    needs: [],
    async run({ kind, dialect, stage, client, model, received }) {
      stage.play({ text: ['敦煌 is ', 'in the west 🐫.'], inputTokens: 40, outputTokens: 9 });
      const stop = kind.lacks?.stop === undefined ? ['\n\n', 'END'] : undefined;
      const temperature = kind.lacks?.temperature === undefined ? 0.5 : undefined;
      const answer = await client.ask({
        model,
        system: 'Answer in one line.',
        prompt: 'Where is 敦煌?',
        maxOutputTokens: 200,
        ...(temperature === undefined ? {} : { temperature }),
        ...(stop === undefined ? {} : { stop }),
      });
      assert.equal(answer.text, '敦煌 is in the west 🐫.');
      if (kind.lacks?.finish === undefined) assert.equal(answer.finish, 'stop');
      const { tools: _, ...sent } = received();
      assert.deepEqual(
        {
          model: sent.model,
          system: sent.system,
          prompts: sent.prompts,
          maxOutputTokens: sent.maxOutputTokens,
        },
        {
          model: stage.upstreamName,
          system: 'Answer in one line.',
          prompts: ['Where is 敦煌?'],
          maxOutputTokens: 200,
        },
      );
      if (temperature !== undefined) assert.equal(sent.temperature, temperature);
      const translated = kind.dialect !== dialect && stop !== undefined;
      assert.deepEqual(sent.stop, translated ? upstreamFacts[dialect].stops(stop) : stop);
    },
  },
  {
    name: 'a stream hands over every piece, in order',
    group: 'stream',
    needs: ['stream'],
    async run({ kind, stage, client, model }) {
      const pieces = ['One ', '二 ', '🐫', ' four', '\n', 'six.'];
      stage.play({ text: pieces });
      const question = { model, prompt: 'Count.' };
      const arrived: string[] = [];
      const answer = await client.stream!(question, (text) => arrived.push(text));
      assert.deepEqual(answer.deltas, pieces);
      assert.deepEqual(arrived, pieces);
      assert.equal(answer.text, pieces.join(''));
      if (kind.lacks?.finish === undefined) assert.equal(answer.finish, 'stop');
      stage.play({ text: pieces, ...oddFraming });
      assert.deepEqual((await client.stream!(question)).deltas, pieces);
    },
  },
  ...[false, true].flatMap(bothWays),
  {
    name: 'images reach the upstream in its own form, inline and by address',
    group: 'images',
    needs: ['images'],
    async run({ kind, dialect, stage, client, model, received }) {
      stage.play({ text: 'An image.' });
      const address = 'https://images.example/camel.png';
      for (const imageUrl of kind.lacks?.['image addresses'] === undefined ? [pixel, address] : [pixel]) {
        const answer = await client.ask({ model, prompt: 'What is this?', imageUrl });
        assert.equal(answer.text, 'An image.');
        assert.deepEqual(received().prompts, ['What is this?']);
        if (imageUrl === address && !upstreamFacts[dialect].imageAddresses) {
          assert.match(
            stage.exchanges.at(-1)!.headers!.get('x-yumen-dropped-params') ?? '',
            /image/,
            'the image was left out without a word',
          );
        } else assert.deepEqual(received().images, [imageUrl]);
      }
    },
  },
  {
    name: 'models are listed',
    group: 'models',
    needs: ['models'],
    async run({ client, model }) {
      assert.ok((await client.models!()).includes(model));
    },
  },
];

/** The checks that are made of a whole and of a streamed answer. */
function bothWays(stream: boolean): Check[] {
  const how = stream ? ', streamed' : '';
  const streaming: Feature[] = stream ? ['stream'] : [];
  const toolNeeds: Feature[] = stream ? ['tools', 'stream tools'] : ['tools'];
  return [
    {
      name: `usage is what the upstream counted${how}`,
      group: 'usage',
      needs: stream ? ['stream', 'usage', 'stream usage'] : ['usage'],
      async run({ kind, dialect, stage, client, model }) {
        stage.play({
          text: 'Yes.',
          inputTokens: 1000,
          cacheReadTokens: 400,
          outputTokens: 70,
          reasoningTokens: 20,
        });
        const { usage } = await answerOf(client, { model, prompt: 'Sure?' }, stream);
        assert.deepEqual([usage.inputTokens, usage.outputTokens], [1000, 70]);
        if (kind.lacks?.['cached usage'] === undefined) assert.equal(usage.cacheReadTokens, 400);
        const told = upstreamFacts[dialect].countsReasoning && kind.lacks?.['reasoning usage'] === undefined;
        if (told) assert.equal(usage.reasoningTokens, 20);
      },
    },
    {
      name: `a tool loop with parallel calls keeps arguments, ids and results${how}`,
      group: 'parallel tools',
      needs: toolNeeds,
      run: (scene) => parallelTools(scene, stream),
    },
    {
      name: `a tool without arguments can be called${how}`,
      group: 'tools',
      needs: toolNeeds,
      async run({ dialect, stage, client, model, received }) {
        const noArguments = stream ? upstreamFacts[dialect].noArguments : '{}';
        stage.play([
          { toolCalls: [{ id: 'toolu_1', name: 'get_weather', arguments: noArguments }] },
          { text: 'Done.' },
        ]);
        const weather = { ...weatherTool(), input: person.pick({}) };
        const question = { model, prompt: 'How is the weather?' };
        assert.equal(await client.useTools!(question, [weather], { stream }), 'Done.');
        assert.deepEqual(weather.inputs, [{}]);
        assert.deepEqual(received().calls, [{ id: 'toolu_1', name: 'get_weather', input: {} }]);
      },
    },
    {
      name: `structured output carries the schema there and the object back${how}`,
      group: 'structured output',
      needs: stream ? ['stream', 'structured output', 'stream structured output'] : ['structured output'],
      async run({ kind, stage, client, model, received }) {
        const { objectTool: name } = kind;
        const ada = { name: 'Ada', age: 36, tags: ['poet'], address: { city: 'London', zip: null } };
        const said = inPieces(JSON.stringify(ada));
        stage.play(
          name === undefined ? { text: said } : { toolCalls: [{ id: 'toolu_1', name, arguments: said }] },
        );
        const question = { model, prompt: 'Who is it?' };
        const seen = stream
          ? await client.streamObject!(question, person)
          : await client.askForObject!(question, person);
        assert.deepEqual(seen, ada);
        const sent = received();
        const schema = name === undefined ? sent.schema : sent.tools[0]?.schema;
        assert.deepEqual(Object.keys(schema.properties), ['name', 'age', 'tags', 'address']);
        assert.deepEqual(schema.required, ['name', 'age', 'tags', 'address']);
        // One SDK says in words what the values are.
        assert.match(JSON.stringify(schema.properties.tags.items), /poet.*engineer/);
        assert.equal(schema.additionalProperties, false);
        assert.equal(schema.properties.address.additionalProperties, false);
      },
    },
    {
      name: `reasoning is asked for, and comes apart from the answer${how}`,
      group: 'reasoning',
      needs: streaming,
      async run({ kind, stage, client, thinkingModel: model, received }) {
        stage.play({ reasoning: ['Let me ', 'think. '], text: ['Rayleigh ', 'scattering.'] });
        const question = { model, prompt: 'Why is the sky blue?', thinks: true };
        const answer = await answerOf(client, question, stream);
        assert.equal(answer.text, 'Rayleigh scattering.');
        assert.equal(answer.reasoning, kind.lacks?.reasoning === undefined ? 'Let me think. ' : '');
        assert.ok(received().thinks, 'the upstream was not asked to think');
      },
    },
    {
      name: `thinking in a tool loop returns to who signed it${how}`,
      group: 'reasoning',
      needs: toolNeeds,
      async run({ dialect, stage, client, thinkingModel: model, received }) {
        const call = { id: 'toolu_9', name: 'get_weather', arguments: '{"city":"Paris","unit":"celsius"}' };
        stage.play([{ reasoning: ['Let me ', 'look.'], toolCalls: [call] }, { text: 'Fine.' }]);
        const question = { model, prompt: 'How is the weather?', thinks: true, maxOutputTokens: 4096 };
        assert.equal(await client.useTools!(question, [weatherTool()], { stream }), 'Fine.');
        const { calls, results, signatures } = received();
        assert.deepEqual([calls.length, results.length], [1, 1]);
        if (!upstreamFacts[dialect].signs) return;
        assert.equal(signatures.length, 1);
        assert.match(signatures[0] ?? 'none', /^(c2lnbmF0dXJl|gAAAA-fake-.*|rs_fake-.*)$/);
      },
    },
    {
      name: `an answer that was cut or filtered says so${how}`,
      group: stream ? 'stream' : 'text',
      needs: ['finish', ...streaming],
      async run({ dialect, stage, client, model }) {
        const question = { model, prompt: 'Go on.' };
        stage.play({ text: 'Half an ans', finish: upstreamFacts[dialect].length });
        assert.equal((await answerOf(client, question, stream)).finish, 'length');
        stage.play({ text: 'I would rather', finish: upstreamFacts[dialect].filtered });
        const filtered = await answerOf(client, question, stream);
        assert.equal(filtered.finish, 'content-filter');
        assert.equal(filtered.text, 'I would rather');
      },
    },
  ];
}

async function parallelTools(
  { stage, client, model, received }: Pick<Scene, 'stage' | 'client' | 'model' | 'received'>,
  stream: boolean,
): Promise<void> {
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
  const question = { model, system: 'Use tools.', prompt: 'How is the weather?' };
  assert.equal(await client.useTools!(question, [weather], { stream }), 'It is fine.');
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
}

function answerOf(client: Scene['client'], question: Question, stream: boolean): Promise<Seen> {
  return stream ? client.stream!(question) : client.ask(question);
}

function inPieces(text: string): string[] {
  const chars = [...text];
  return Array.from({ length: Math.ceil(chars.length / 4) }, (_, at) =>
    chars.slice(at * 4, at * 4 + 4).join(''),
  );
}
