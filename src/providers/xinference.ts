import { engineVendor } from './engine-vendor.ts';

/** Sources: inference.readthedocs.io; restful_api.py of xorbitsai/inference: paths, the model list and errors under `detail`. */
export const xinference = engineVendor({
  id: 'xinference',
  name: 'Xinference',
  engine: { ports: [9997], ownedBy: 'xinference' },
  services: {
    embeddings: { path: '/embeddings' },
    rerank: { path: '/rerank', form: 'jina' },
    completions: { path: '/completions' },
    images: { path: '/images' },
    audio: { path: '/audio' },
  },
  errorClasses: [
    {
      message: /model not found in the model list/i,
      is: 'upstream_rejected',
      hint: 'Launch the model first, and name it by the uid it was launched with.',
    },
    {
      message: /rate limit/i,
      is: 'upstream_rate_limited',
      hint: 'The model was launched with a limit of requests.',
    },
  ],
});
