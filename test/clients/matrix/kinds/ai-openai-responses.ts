import { createOpenAI } from '@ai-sdk/openai';
import { aiSdkClient, aiSdkFailure } from '../../support/ai-sdk.ts';
import type { ClientKind } from '../../support/client.ts';

/** What `openai('model')` is by default. */
export const aiOpenaiResponses: ClientKind = {
  name: 'AI SDK (@ai-sdk/openai, Responses)',
  dialect: 'openai-responses',
  lacks: { models: 'no call that lists them', stop: 'Responses has no stop sequences' },
  obeysShouldRetry: false,
  failure: aiSdkFailure,
  connect({ url, key, fetch }) {
    const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch });
    // It knows models that think by the beginning of their names, where ours have the provider's.
    const thinking = { openai: { reasoningSummary: 'auto', forceReasoning: true } };
    return aiSdkClient(
      (id) => provider(id),
      ({ thinks }) => (thinks === true ? thinking : undefined),
    );
  },
};
