import type { ClientFields } from '../client-fields.ts';

export const anthropicMessagesFields: ClientFields = {
  understood: new Set([
    'model',
    'models',
    'messages',
    'system',
    'max_tokens',
    'stream',
    'tools',
    'tool_choice',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'thinking',
    'output_config',
    'metadata',
  ]),
  reasoning: ['thinking', 'output_config.effort'],
  named: { parallel_tool_calls: 'tool_choice.disable_parallel_tool_use' },
  stop: 'stop_sequences',
  jsonSchema: 'output_config.format',
  pastReasoning: 'messages.content.thinking',
  toolStrict: 'tools.strict',
  documentUrl: 'messages.content.document.source.url',
};
