import { isObject } from '../json.ts';
import type { ChatRequest, ClientDialectName } from '../request.ts';
import { anthropicMessagesFields } from './anthropic-messages/client-fields.ts';
import { bedrockConverseFields } from './bedrock-converse/client-fields.ts';
import { geminiFields } from './gemini/client-fields.ts';
import { openaiChatFields } from './openai-chat/client-fields.ts';
import { openaiCompletionsFields } from './openai-completions/client-fields.ts';
import { openaiResponsesFields } from './openai-responses/client-fields.ts';

/** How clients of a dialect write things, so that what a translation lost is named in their words. */
export interface ClientFields {
  /** Top-level fields that the unified request holds; the others can only be forwarded, or are dropped. */
  understood: ReadonlySet<string>;
  /** Every way to ask for thinking; `a.b` is field b of the object a. */
  reasoning: readonly string[];
  /** What this dialect calls the fields that the others share, where it has another name. */
  named?: { readonly [shared: string]: string } | undefined;
  stop: string;
  jsonSchema: string;
  pastReasoning: string;
  toolStrict: string;
  documentUrl: string;
}

export const clientFields: { readonly [name in ClientDialectName]: ClientFields } = {
  'openai-chat': openaiChatFields,
  'openai-responses': openaiResponsesFields,
  'openai-completions': openaiCompletionsFields,
  'anthropic-messages': anthropicMessagesFields,
  gemini: geminiFields,
  'bedrock-converse': bedrockConverseFields,
};

/** A field by the name that clients of this dialect give it. */
export function inClientWords(dialect: ClientDialectName, name: string): string {
  const { named } = clientFields[dialect];
  return named !== undefined && Object.hasOwn(named, name) ? named[name]! : name;
}

/** The client's own words for the thinking it asked for. */
export function reasoningNames(request: ChatRequest): string[] {
  return clientFields[request.dialect].reasoning.filter((name) => {
    const [field, inner] = name.split('.');
    const value = request.body[field!];
    if (inner !== undefined) return isObject(value) && value[inner] !== undefined && value[inner] !== null;
    return value !== undefined && value !== null;
  });
}
