import { engineVendor } from './engine-vendor.ts';

/**
 * Hugging Face's text-generation-inference, in maintenance since 2026. Source: router/src of huggingface/text-generation-inference: the
 * model list, error types and their statuses.
 */
export const tgi = engineVendor({
  id: 'tgi',
  name: 'Text Generation Inference',
  // Its container listens on 80, which its documentation maps to 8080.
  engine: { ports: [3000, 8080], ownedBy: '{id}' },
  services: { completions: { path: '/completions' } },
  quirks: {
    // Schemas are taken only by its last versions.
    jsonSchema: false,
  },
  errorClasses: [
    {
      status: 429,
      message: /overloaded/i,
      is: 'upstream_unavailable',
      hint: 'More requests arrive than --max-concurrent-requests allows; limit the deployment’s concurrency.',
    },
    {
      message: /inputs.*(must have less than|must be <=)/i,
      is: 'upstream_rejected',
      hint: 'Start the server with larger --max-input-tokens and --max-total-tokens, or set context_tokens of the deployment.',
    },
    { status: 422, is: 'upstream_rejected' },
    { status: 424, is: 'upstream_unavailable' },
  ],
});
