import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { aiSdkClient, aiSdkFailure } from './support/ai-sdk.ts';
import { testClient } from './support/suite.ts';

testClient({
  name: 'AI SDK (@ai-sdk/openai-compatible)',
  dialect: 'openai-chat',
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
});
