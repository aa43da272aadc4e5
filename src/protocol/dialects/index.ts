import type { Dialect } from '../dialect.ts';
import type { DialectName } from '../request.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { openaiChat } from './openai-chat/index.ts';

/** Every wire format we speak. A new one is a folder beside these and a line here. */
export const dialects: { readonly [name in DialectName]: Dialect } = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
};
