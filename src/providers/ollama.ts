import { engineVendor } from './engine-vendor.ts';
import { messagesMount, responsesMount } from './mounts.ts';

/** Sources: docs of ollama/ollama: OpenAI and Anthropic compatibility, context length, FAQ (2026-10). */
export const ollama = engineVendor({
  id: 'ollama',
  name: 'Ollama',
  // Models of others than Ollama's own library have their makers as owners, so its version answers for it.
  engine: { ports: [11434], ownedBy: 'library', answers: { path: '/api/version', field: 'version' } },
  // Without stored conversations.
  mounts: [responsesMount('named'), messagesMount('none')],
  silentContexts: [4_096, 32_768],
  loadedContext: { path: '/api/ps', list: 'models', name: 'model', tokens: 'context_length' },
  services: {
    embeddings: { path: '/embeddings' },
    completions: { path: '/completions' },
  },
  quirks: {
    reasoningControl: 'reasoning_effort',
    reasoningEfforts: ['none', 'low', 'medium', 'high'],
  },
  errorClasses: [
    {
      message: /not found, try pulling it first|^model .* not found/i,
      is: 'upstream_rejected',
      hint: 'Fetch the model with ollama pull, or name it as ollama list does.',
    },
    {
      message: /does not support (tools|thinking|chat|generate|embed)/i,
      is: 'upstream_rejected',
      hint: 'This model lacks the ability; say so in the deployment’s capabilities, so that it is not asked for it.',
    },
    {
      message: /requires more system memory|out of memory/i,
      is: 'upstream_unavailable',
      hint: 'The model does not fit into memory at this context length; use a smaller model or context.',
    },
    {
      message: /maximum pending requests exceeded/i,
      is: 'upstream_unavailable',
      hint: 'More requests wait than OLLAMA_MAX_QUEUE allows; limit the deployment’s concurrency.',
    },
  ],
  notes: [
    'Ollama shortens prompts beyond its context length without an error. The length is 4k tokens with less than 24 GiB of video memory and 32k ' +
      'with less than 48 GiB, unless OLLAMA_CONTEXT_LENGTH or num_ctx in a Modelfile says otherwise. Set context_tokens of the deployment to ' +
      'the same number, so that longer requests go elsewhere.',
  ],
});
