import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { aiSdkClient, aiSdkFailure } from '../support/ai-sdk.ts';
import type { ClientKind } from '../support/client.ts';

export const aiCompatible: ClientKind = {
  name: 'AI SDK (@ai-sdk/openai-compatible)',
  dialect: 'openai-chat',
  lacks: { models: 'no call that lists them' },
  obeysShouldRetry: false,
  failure: aiSdkFailure,
  connect({ url, key, fetch }) {
    const provider = createOpenAICompatible({
      name: 'yumen',
      baseURL: `${url}/v1`,
      apiKey: key,
      fetch,
      includeUsage: true,
      supportsStructuredOutputs: true,
      // Otherwise the SDK loads images from the web itself and sends them inline.
      supportedUrls: () => ({ 'image/*': [/^https:/] }),
    });
    return aiSdkClient((id) => provider.chatModel(id));
  },
};
