import type { Vendor } from './vendor.ts';

/** The simulated vendor: a loopback server of this product, whose address is known only once it has started. */
export const sandbox: Vendor = {
  id: 'sandbox',
  name: 'Sandbox (simulated)',
  headquarters: undefined,
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  modelsPath: '/models',
  regions: {},
  defaultRegion: undefined,
  auth: 'bearer',
  keyOptional: true,
  headers: {},
  keyVariables: [],
  baseUrlVariable: undefined,
  quirks: {
    maxTokensField: 'max_tokens',
    usageNeedsStreamOption: true,
    jsonSchema: true,
    reasoningControl: 'reasoning_effort',
    heartbeats: false,
  },
  errorClasses: [
    { code: 'context_length_exceeded', is: 'upstream_rejected' },
    { code: 'model_not_found', is: 'upstream_rejected' },
  ],
  simulated: true,
};
