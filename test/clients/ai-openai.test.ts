import { createOpenAI } from '@ai-sdk/openai';
import { aiSdkClient, aiSdkFailure } from './support/ai-sdk.ts';
import { testClient } from './support/suite.ts';

testClient({
  name: 'AI SDK (@ai-sdk/openai, chat)',
  dialect: 'openai-chat',
  hidesReasoning: true,
  obeysShouldRetry: false,
  failure: aiSdkFailure,
  connect({ url, key, fetch }) {
    const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch });
    return aiSdkClient((id) => provider.chat(id));
  },
});
