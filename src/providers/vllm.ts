import { engineVendor } from './engine-vendor.ts';
import { messagesMount, responsesMount } from './mounts.ts';

/**
 * Sources: docs/serving/online_serving of vllm-project/vllm (2026-10). Rerank is Jina's form. An error that comes up while it streams is
 * an object in a stream that began with 200.
 */
export const vllm = engineVendor({
  id: 'vllm',
  name: 'vLLM',
  engine: { ports: [8000], ownedBy: 'vllm' },
  // Without stored conversations unless the server was told to keep them.
  mounts: [
    responsesMount('named', { quirks: { reasoningControl: 'reasoning_effort' } }),
    messagesMount('none'),
  ],
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
    audio: { path: '/audio' },
  },
  quirks: {
    // gpt-oss takes effort words instead, which its catalogue row says.
    reasoningControl: 'chat_template_kwargs',
  },
  errorClasses: [
    {
      message: /maximum context length is|context length is only/i,
      is: 'upstream_rejected',
      hint: 'Start vLLM with a larger --max-model-len, or set context_tokens of the deployment to what the server has.',
    },
    {
      message: /--enable-auto-tool-choice/,
      is: 'upstream_rejected',
      hint: 'Start vLLM with --enable-auto-tool-choice and the --tool-call-parser of the model.',
    },
    {
      message: /^The model .* does not exist/i,
      is: 'upstream_rejected',
      hint: 'The server serves another model, or under another name; see --served-model-name.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The server was started with --api-key or VLLM_API_KEY; give that key.',
    },
  ],
});
