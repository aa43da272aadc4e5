import { createOpenAI } from '@ai-sdk/openai';
import { aiSdkClient, aiSdkFailure } from '../support/ai-sdk.ts';
import type { ClientKind } from '../support/client.ts';

export const aiOpenai: ClientKind = {
  name: 'AI SDK (@ai-sdk/openai, chat)',
  dialect: 'openai-chat',
  lacks: { models: 'no call that lists them', reasoning: 'no part for it on chat completions' },
  obeysShouldRetry: false,
  failure: aiSdkFailure,
  connect({ url, key, fetch }) {
    const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch });
    return aiSdkClient((id) => provider.chat(id));
  },
};
