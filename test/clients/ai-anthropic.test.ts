import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, Output, streamText, tool } from 'ai';
import * as z from 'zod';
import { type Json, testKey } from '../support/start-yumen.ts';
import { aiAnthropic } from './kinds/ai-anthropic.ts';
import { type ScriptedStage, type Stage, startScripted, startWithSandbox } from './support/stage.ts';
import { testClient } from './support/suite.ts';

testClient(aiAnthropic);

describe('AI SDK over Messages, more', () => {
  let stages: ScriptedStage[] = [];
  before(async () => {
    stages = [
      await startScripted(aiAnthropic, 'anthropic-messages'),
      await startScripted(aiAnthropic, 'openai-chat'),
    ];
  });
  after(() => Promise.all(stages.map((stage) => stage.close())));

  const providerOf = ({ gateway }: Stage) =>
    createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: testKey });

  test('structured output that the SDK asks for through a tool works', async () => {
    const schema = z.object({ city: z.string() });
    const ask = async (stage: Stage, model: string) => {
      const { output } = await generateText({
        model: providerOf(stage)(model),
        prompt: 'Which city is it? Paris.',
        output: Output.object({ schema }),
        providerOptions: { anthropic: { structuredOutputMode: 'jsonTool' } },
      });
      return output;
    };
    for (const stage of stages) {
      stage.play({ toolCalls: [{ id: 'toolu_1', name: 'json', arguments: ['{"city":"Dun', 'huang"}'] }] });
      assert.deepEqual(await ask(stage, stage.model), { city: 'Dunhuang' });
    }
    const sandbox = await startWithSandbox(aiAnthropic);
    try {
      assert.deepEqual(await ask(sandbox, sandbox.model), { city: 'Paris' });
    } finally {
      await sandbox.close();
    }
  });

  for (const stream of [false, true]) {
    test(`a tool loop with thinking goes on, and signed thinking returns to its provider${stream ? ', streamed' : ''}`, async () => {
      for (const stage of stages) {
        stage.play([
          { reasoning: ['H', 'm.'], toolCalls: [{ id: 'toolu_1', name: 'look', arguments: ['{}'] }] },
          { reasoning: 'Ah.', text: 'Fine.' },
        ]);
        const call = {
          model: providerOf(stage)(stage.thinkingModel),
          prompt: 'Look.',
          reasoning: 'low' as const,
          tools: { look: tool({ inputSchema: z.object({}), execute: async () => 'sand' }) },
          stopWhen: ({ steps }: { steps: unknown[] }) => steps.length === 2,
        };
        const answer = stream ? streamText(call) : await generateText(call);
        const steps = await answer.steps;
        assert.equal(await answer.text, 'Fine.');
        assert.deepEqual(
          steps.map((step) => step.reasoningText),
          ['Hm.', 'Ah.'],
        );
        const sent = stage.upstream.requests.at(-1)!.body as Json;
        if (stage === stages[0]) {
          const [thinking, toolUse] = sent.messages[1].content;
          assert.deepEqual(
            [thinking.type, thinking.thinking, thinking.signature, toolUse.type],
            ['thinking', 'Hm.', 'c2lnbmF0dXJl', 'tool_use'],
          );
        } else {
          assert.equal(sent.messages.at(-1).role, 'tool');
        }
      }
    });
  }
});
