import { engineVendor } from './engine-vendor.ts';
import { messagesMount, responsesMount } from './mounts.ts';

/** Sources: lmstudio.ai/docs/developer: OpenAI and Anthropic compatible endpoints, REST API; its public bug tracker (2026-10). */
export const lmstudio = engineVendor({
  id: 'lmstudio',
  name: 'LM Studio',
  engine: {
    ports: [1234],
    ownedBy: 'organization_owner',
    answers: { path: '/api/v0/models', field: 'data' },
  },
  mounts: [
    responsesMount('named', { quirks: { reasoningControl: 'reasoning_effort' } }),
    messagesMount('none'),
  ],
  services: {
    embeddings: { path: '/embeddings' },
    completions: { path: '/completions' },
  },
  errorClasses: [
    {
      message:
        /tokens to keep from the initial prompt|when context the overflows|n_keep .*n_ctx|context size has been exceeded/i,
      is: 'upstream_rejected',
      hint: 'Load the model with a larger context length in LM Studio, and set context_tokens of the deployment to it.',
    },
    {
      message: /no models? loaded|failed to load model|model (was )?unloaded|model not loaded/i,
      is: 'upstream_unavailable',
      hint: 'Load the model in LM Studio (lms load), or allow it to load models when they are asked for.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'LM Studio requires authentication; give an API token of its server settings.',
    },
  ],
  notes: [
    'LM Studio may answer a prompt beyond the context length of a loaded GGUF model with an empty stream. Set context_tokens of the ' +
      'deployment to the length the model is loaded with.',
  ],
});
