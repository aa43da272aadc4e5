import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects, parseJsonBody, spliceTopLevel } from '../../src/protocol/index.ts';

const target = {
  model: 'm',
  defaultMaxOutputTokens: 100,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'thinking_level',
} as const;

function sent(body: object): unknown {
  const bytes = Buffer.from(JSON.stringify({ contents: [{ parts: [{ text: 'x' }] }], ...body }));
  const request = dialects.gemini.decodeRequest(parseJsonBody(bytes), bytes, { model: 'm', stream: false });
  const { edits } = dialects.gemini.passEdits(request, target);
  const { contents: _, ...rest } = JSON.parse(Buffer.from(spliceTopLevel(bytes, edits)).toString());
  return rest;
}

test('of a setting in both spellings the one that was read passes alone', () => {
  assert.deepEqual(
    sent({ generationConfig: { maxOutputTokens: 1 }, generation_config: { max_output_tokens: 9 } }),
    {
      generationConfig: { maxOutputTokens: 1 },
    },
  );
  assert.deepEqual(sent({ generationConfig: { maxOutputTokens: 1, max_output_tokens: 9 } }), {
    generationConfig: { maxOutputTokens: 1 },
  });
  assert.deepEqual(sent({ generation_config: { max_output_tokens: 9 } }), {
    generation_config: { max_output_tokens: 9 },
  });
});
