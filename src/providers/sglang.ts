import { engineVendor } from './engine-vendor.ts';
import { messagesMount, responsesMount } from './mounts.ts';

/** Sources: docs.sglang.io: OpenAI-compatible APIs, Anthropic API, native APIs (2026-10). */
export const sglang = engineVendor({
  id: 'sglang',
  name: 'SGLang',
  engine: { ports: [30000], ownedBy: 'sglang' },
  mounts: [
    responsesMount('named', { quirks: { reasoningControl: 'reasoning_effort' } }),
    messagesMount('none', { countPath: '/messages/count_tokens' }),
  ],
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
  },
  quirks: { reasoningControl: 'chat_template_kwargs' },
  errorClasses: [
    {
      message: /longer than the model.s context length/i,
      is: 'upstream_rejected',
      hint: 'Start SGLang with a larger --context-length, or set context_tokens of the deployment to what the server has.',
    },
    {
      message: /request queue is full/i,
      is: 'upstream_unavailable',
      hint: 'The server has more requests than --max-queued-requests allows; limit the deployment’s concurrency.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The server was started with --api-key; give that key.',
    },
  ],
});
