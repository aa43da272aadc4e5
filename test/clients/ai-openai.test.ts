import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateObject, generateText, type LanguageModel, Output, streamText, tool } from 'ai';
import * as z from 'zod';
import { type Json, testKey } from '../support/start-yumen.ts';
import { aiOpenai } from './kinds/ai-openai.ts';
import { type ScriptedStage, type Stage, startScripted } from './support/stage.ts';
import { testClient } from './support/suite.ts';

testClient(aiOpenai);

describe('AI SDK, more', () => {
  let stages: ScriptedStage[] = [];
  before(async () => {
    stages = [
      await startScripted(aiOpenai, 'openai-chat'),
      await startScripted(aiOpenai, 'anthropic-messages'),
    ];
  });
  after(() => Promise.all(stages.map((stage) => stage.close())));

  const modelOf = ({ gateway, model }: Stage): LanguageModel =>
    createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: testKey }).chat(model);

  test('generateObject still works', async () => {
    for (const stage of stages) {
      stage.play({ text: ['{"city":"Dun', 'huang"}'] });
      const schema = z.object({ city: z.string() });
      const { object } = await generateObject({ model: modelOf(stage), prompt: 'Which?', schema });
      assert.deepEqual(object, { city: 'Dunhuang' });
    }
  });

  test('a streamed object grows piece by piece', async () => {
    for (const stage of stages) {
      stage.play({ text: ['{"cities":["Dun', 'huang","Tur', 'fan"]}'] });
      const stream = streamText({
        model: modelOf(stage),
        prompt: 'Which?',
        output: Output.object({ schema: z.object({ cities: z.array(z.string()) }) }),
      });
      const partial: unknown[] = [];
      for await (const value of stream.partialOutputStream) partial.push(value);
      assert.deepEqual(partial, [
        { cities: ['Dun'] },
        { cities: ['Dunhuang', 'Tur'] },
        { cities: ['Dunhuang', 'Turfan'] },
      ]);
    }
  });

  test('usage adds up over the steps of a tool loop', async () => {
    for (const stage of stages) {
      const call = { id: 'toolu_1', name: 'look', arguments: '{}' };
      stage.play([
        { toolCalls: [call], inputTokens: 10, outputTokens: 3 },
        { text: 'Fine.', inputTokens: 20, outputTokens: 4 },
      ]);
      const answer = await generateText({
        model: modelOf(stage),
        prompt: 'Look.',
        tools: { look: tool({ inputSchema: z.object({}), execute: async () => 'sand' }) },
        stopWhen: ({ steps }) => steps.length === 2,
      });
      const { inputTokens, outputTokens, totalTokens } = answer.usage;
      assert.deepEqual([inputTokens, outputTokens, totalTokens], [30, 7, 37]);
      assert.equal(answer.steps.length, 2);
    }
  });

  test('a tool that fails is reported to the model', async () => {
    for (const stage of stages) {
      stage.play([{ toolCalls: [{ id: 'toolu_1', name: 'look', arguments: '{}' }] }, { text: 'Too bad.' }]);
      const answer = await generateText({
        model: modelOf(stage),
        prompt: 'Look.',
        tools: {
          look: tool({
            inputSchema: z.object({}),
            execute: async (): Promise<string> => {
              throw new Error('a sandstorm');
            },
          }),
        },
        stopWhen: ({ steps }) => steps.length === 2,
      });
      assert.equal(answer.text, 'Too bad.');
      assert.match(JSON.stringify((stage.upstream.requests.at(-1)!.body as Json).messages), /a sandstorm/);
    }
  });
});
