import type { ClientDialect, Dialect } from '../dialect.ts';
import type { ClientDialectName, DialectName } from '../request.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

/** Every wire format we speak both ways. A new one is a folder beside these and a line here. */
export const dialects: { readonly [name in DialectName]: Dialect } = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
};

/** Every wire format that clients may speak. */
export const clientDialects: { readonly [name in ClientDialectName]: ClientDialect } = {
  ...dialects,
  'openai-completions': openaiCompletions,
};
