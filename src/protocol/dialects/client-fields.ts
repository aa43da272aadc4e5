import { isObject } from '../json.ts';
import type { ChatRequest, DialectName } from '../request.ts';

/** How clients of a dialect write things, so that what a translation lost is named in their words. */
interface ClientFields {
  /** Top-level fields that the unified request holds; the others can only be forwarded, or are dropped. */
  understood: ReadonlySet<string>;
  /** Every way to ask for thinking. */
  reasoning: readonly string[];
  stop: string;
  jsonSchema: string;
  pastReasoning: string;
  toolStrict: string;
  documentUrl: string;
}

export const clientFields: { readonly [name in DialectName]: ClientFields } = {
  'openai-chat': {
    understood: new Set([
      'model',
      'models',
      'messages',
      'stream',
      'stream_options',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'response_format',
      'reasoning_effort',
      'reasoning',
      'thinking',
      'enable_thinking',
      'thinking_budget',
      'temperature',
      'top_p',
      'top_k',
      'max_tokens',
      'max_completion_tokens',
      'stop',
      'seed',
      'frequency_penalty',
      'presence_penalty',
      'user',
      'safety_identifier',
    ]),
    reasoning: ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking', 'thinking_budget'],
    stop: 'stop',
    jsonSchema: 'response_format',
    pastReasoning: 'messages.reasoning_content',
    toolStrict: 'tools.function.strict',
    documentUrl: 'messages.content.file',
  },
  'anthropic-messages': {
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
    stop: 'stop_sequences',
    jsonSchema: 'output_config.format',
    pastReasoning: 'messages.content.thinking',
    toolStrict: 'tools.strict',
    documentUrl: 'messages.content.document.source.url',
  },
};

/** The client's own words for the thinking it asked for. */
export function reasoningNames(request: ChatRequest): string[] {
  return clientFields[request.dialect].reasoning.filter((name) => {
    const [field, inner] = name.split('.');
    const value = request.body[field!];
    if (inner !== undefined) return isObject(value) && value[inner] !== undefined && value[inner] !== null;
    return value !== undefined && value !== null;
  });
}
