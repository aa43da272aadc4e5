import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, createCatalog } from '../../src/catalog/index.ts';
import { worstCaseNano } from '../../src/gateway/worst-case.ts';
import { clientDialects, parseJsonBody } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import { readRequest } from '../../src/router/index.ts';

const price = { input: 1, output: 1 };
const catalog = createCatalog({
  providers: [
    createProvider({ id: 'openai', vendor: 'openai', apiKey: 'k' }),
    createProvider({ id: 'anthropic', vendor: 'anthropic', apiKey: 'k' }),
    createProvider({ id: 'sf', vendor: 'siliconflow', region: 'global', apiKey: 'k' }),
  ],
  deployments: [
    { provider: 'openai', model: 'gpt-5.5', price },
    { provider: 'anthropic', model: 'claude-haiku-4-5', price },
    { provider: 'sf', model: 'qwen3-32b', price },
  ],
});

function worst(
  dialect: 'openai-chat' | 'openai-responses' | 'anthropic-messages',
  body: object,
  candidate: Candidate,
) {
  const bytes = Buffer.from(JSON.stringify({ model: 'm', ...body }));
  const request = clientDialects[dialect].decodeRequest(parseJsonBody(bytes), bytes);
  const { shape } = readRequest(request, { keyId: 'k' });
  return worstCaseNano(candidate, request, shape, Date.parse('2026-11-01'));
}

function candidate(name: string): Candidate {
  return catalog.candidates(name)[0]!;
}

const perToken = 1_000;
const messages = [{ role: 'user', content: 'x' }];

test('thinking beside the output limit is in it as the preset has it, whatever the client said', () => {
  const asked = { messages, max_tokens: 10, enable_thinking: false };
  const { outputTokensMax } = candidate('sf/qwen3-32b').deployment.model;
  const off = worst('openai-chat', asked, candidate('sf/qwen3-32b#off'));
  const high = worst('openai-chat', asked, candidate('sf/qwen3-32b#high'));
  assert.equal(high - off, outputTokensMax * perToken);
  assert.equal(worst('openai-chat', asked, candidate('sf/qwen3-32b')), off);
});

test('a conversation that the provider holds, or a document at an address, may be as long as the context', () => {
  const gpt = candidate('openai/gpt-5.5');
  const context = gpt.deployment.model.contextTokens * perToken;
  const held = { input: 'x', previous_response_id: 'resp_1', max_output_tokens: 10 };
  assert.ok(worst('openai-responses', held, gpt) >= context);
  const file = {
    input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }],
    max_output_tokens: 10,
  };
  assert.ok(worst('openai-responses', file, gpt) >= context);
  assert.ok(worst('openai-responses', { input: 'x', max_output_tokens: 10 }, gpt) < context / 100);

  const claude = candidate('anthropic/claude-haiku-4-5');
  const document = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } };
  const asked = { max_tokens: 10, messages: [{ role: 'user', content: [document] }] };
  assert.ok(worst('anthropic-messages', asked, claude) >= claude.deployment.model.contextTokens * perToken);
});
