import type { ClientFields } from '../client-fields.ts';

export const openaiCompletionsFields: ClientFields = {
  understood: new Set([
    'model',
    'models',
    'prompt',
    'stream',
    'stream_options',
    'temperature',
    'top_p',
    'max_tokens',
    'stop',
    'seed',
    'frequency_penalty',
    'presence_penalty',
    'user',
  ]),
  reasoning: [],
  stop: 'stop',
  jsonSchema: 'response_format',
  pastReasoning: 'prompt',
  toolStrict: 'tools',
  documentUrl: 'prompt',
};
