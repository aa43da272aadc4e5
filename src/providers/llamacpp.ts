import { engineVendor } from './engine-vendor.ts';
import { messagesMount, responsesMount } from './mounts.ts';

/** Sources: tools/server/README.md of ggml-org/llama.cpp and its error types (2026-10). */
export const llamacpp = engineVendor({
  id: 'llamacpp',
  name: 'llama.cpp',
  engine: { ports: [8080], ownedBy: 'llamacpp', server: 'llama.cpp' },
  mounts: [responsesMount('named'), messagesMount('none', { countPath: '/messages/count_tokens' })],
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
  },
  quirks: { reasoningControl: 'chat_template_kwargs' },
  errorClasses: [
    {
      code: 'exceed_context_size_error',
      is: 'upstream_rejected',
      hint: 'Start llama-server with a larger --ctx-size (it is shared by the --parallel slots), or set context_tokens of the deployment.',
    },
    {
      code: 'not_supported_error',
      is: 'upstream_rejected',
      hint: 'Start llama-server with the switch that the message names, e.g. --embeddings or --reranking.',
    },
    {
      message: /--jinja/,
      is: 'upstream_rejected',
      hint: 'Start llama-server with --jinja: tools need the model’s own chat template.',
    },
    {
      code: 'unavailable_error',
      is: 'upstream_unavailable',
      hint: 'The server is still loading the model.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The server was started with --api-key; give that key.',
    },
  ],
});
