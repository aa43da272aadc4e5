import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output } from 'ai';
import * as z from 'zod';
import { type Json, testKey } from '../support/start-yumen.ts';
import { aiCompatible } from './kinds/ai-openai-compatible.ts';
import { startScripted } from './support/stage.ts';
import { testClient } from './support/suite.ts';

testClient(aiCompatible);

test('JSON without a schema, which is what this package asks for by default, works in both dialects', async () => {
  for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
    const stage = await startScripted(aiCompatible, dialect);
    try {
      const baseURL = `${stage.gateway.url}/v1`;
      const provider = createOpenAICompatible({ name: 'yumen', baseURL, apiKey: testKey });
      stage.play({ text: '{"city":"Dunhuang"}' });
      const schema = z.object({ city: z.string() });
      const { output } = await generateText({
        model: provider.chatModel(stage.model),
        prompt: 'Which?',
        output: Output.object({ schema }),
      });
      assert.deepEqual(output, { city: 'Dunhuang' });
      const sent = stage.upstream.requests.at(-1)!.body as Json;
      if (dialect === 'openai-chat') assert.deepEqual(sent.response_format, { type: 'json_object' });
      else assert.match(JSON.stringify(sent.system ?? sent.messages), /JSON/);
    } finally {
      await stage.close();
    }
  }
});
