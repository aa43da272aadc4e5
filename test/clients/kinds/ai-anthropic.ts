import { createAnthropic } from '@ai-sdk/anthropic';
import { aiSdkClient, aiSdkFailure } from '../support/ai-sdk.ts';
import type { ClientKind } from '../support/client.ts';

export const aiAnthropic: ClientKind = {
  name: 'AI SDK (@ai-sdk/anthropic)',
  dialect: 'anthropic-messages',
  lacks: { models: 'no call that lists them' },
  obeysShouldRetry: false,
  failure: aiSdkFailure,
  connect({ url, key, fetch }) {
    const provider = createAnthropic({ baseURL: `${url}/v1`, apiKey: key, fetch });
    // For models that the SDK does not know by name it would otherwise ask for structured output through a tool.
    return aiSdkClient(
      (id) => provider(id),
      () => ({ anthropic: { structuredOutputMode: 'outputFormat' } }),
    );
  },
};
