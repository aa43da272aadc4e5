import type { Candidate, Capabilities, Model } from '../../src/catalog/index.ts';
import type { ChatRequest, Message } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import {
  type DecideInput,
  type PricedCandidate,
  readRequest,
  type TokenRates,
} from '../../src/router/index.ts';

export function chat(messages: (Message | string)[], more: Partial<ChatRequest> = {}): ChatRequest {
  const full = messages.map(
    (message): Message =>
      typeof message === 'string' ? { role: 'user', parts: [{ type: 'text', text: message }] } : message,
  );
  const bytes = new TextEncoder().encode(
    JSON.stringify({ model: 'auto', messages: full, tools: more.tools }),
  );
  return {
    dialect: 'openai-chat',
    model: 'auto',
    stream: false,
    wantsStreamUsage: false,
    messages: full,
    tools: [],
    sampling: {},
    choices: 1,
    fallbackModels: [],
    body: {},
    bytes,
    ...more,
  };
}

export const system = (text: string): Message => ({ role: 'system', parts: [{ type: 'text', text }] });
export const assistant = (text: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text }] });
export const toolCall = (id: string): Message => ({
  role: 'assistant',
  parts: [{ type: 'tool-call', id, name: 'look', arguments: '{}' }],
});
export const toolResult = (id: string): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', callId: id, parts: [{ type: 'text', text: 'found' }], isError: false }],
});

export const read = (request: ChatRequest, sessionHeader?: string) =>
  readRequest(request, { keyId: 'key_1', sessionHeader });

export interface ModelSpec {
  id: string;
  /** MMLU in percent; undefined = nothing is published. */
  mmlu?: number | undefined;
  capabilities?: Partial<Capabilities>;
  contextTokens?: number;
  outputTokensMax?: number;
  /** The catalogue knows no fact of it. */
  unlisted?: boolean;
}

export function candidate(spec: ModelSpec): Candidate {
  const model: Model = {
    id: spec.id,
    aliases: [],
    name: spec.id,
    family: spec.id,
    lab: 'test',
    origin: 'XX',
    licence: { id: 'proprietary', openWeights: false, commercialUse: 'yes' },
    released: undefined,
    contextTokens: spec.contextTokens ?? 128_000,
    outputTokensMax: spec.outputTokensMax ?? 16_000,
    capabilities: {
      tools: true,
      parallelTools: true,
      jsonSchema: true,
      imageInput: true,
      documentInput: true,
      reasoning: 'optional',
      ...spec.capabilities,
    },
    scores:
      spec.mmlu === undefined
        ? []
        : [{ benchmark: 'MMLU', value: spec.mmlu, source: 'test', asOf: '2026-01-01' }],
    facts: spec.unlisted === true ? [] : [{ source: 'test', asOf: '2026-01-01' }],
    simulated: true,
  };
  const provider = createProvider({ id: 'p', vendor: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' });
  return {
    id: `p/${spec.id}`,
    deployment: { id: `p/${spec.id}`, model, provider, upstreamName: spec.id, prices: [] },
    effort: 'default',
  };
}

/** USD per 1M tokens. */
export const rates = (input: number, output: number): TokenRates => ({
  input: input * 1_000_000,
  output: output * 1_000_000,
  cacheRead: undefined,
});

export const dear = rates(10, 30);
export const cheap = rates(0.2, 0.4);

export const strong: PricedCandidate = { candidate: candidate({ id: 'strong', mmlu: 88 }), rates: dear };
export const near: PricedCandidate = { candidate: candidate({ id: 'near', mmlu: 87 }), rates: cheap };
export const weak: PricedCandidate = { candidate: candidate({ id: 'weak', mmlu: 50 }), rates: cheap };

export function input(request: ChatRequest, more: Partial<DecideInput> = {}): DecideInput {
  return {
    id: 'dec_1',
    nowMs: 1_700_000_000_000,
    route: 'auto',
    mode: 'assist',
    target: { kind: 'quality', value: 0.98 },
    reading: read(request),
    reference: strong.candidate,
    candidates: [strong, near, weak],
    excluded: [],
    ...more,
  };
}
