import { responsesMount } from './mounts.ts';
import type { Mount, Quirks } from './vendor.ts';

/**
 * What vendors of chat completions are asked on their other mounts. What a model refuses, it refuses there too; how chat completions
 * must be written does not follow.
 */
const notOfChat: Partial<Quirks> = {
  usageNeedsStreamOption: false,
  reasoningEfforts: undefined,
  extraBody: undefined,
  systemRole: undefined,
  alternatingRoles: undefined,
  thinkingNeedsStream: undefined,
};

/**
 * The Messages API as a vendor of chat completions serves it, taken where the configuration or the catalogue names it.
 *
 * @param basePath what stands before `/messages`, e.g. `/anthropic/v1`
 */
export function messagesBeside(basePath: string, auth: 'bearer' | 'x-api-key'): Mount {
  return {
    dialect: 'anthropic-messages',
    use: 'named',
    basePath,
    chatPath: '/messages',
    auth,
    headers: { 'anthropic-version': '2023-06-01' },
    forwardHeaders: ['anthropic-beta', 'anthropic-version'],
    quirks: { ...notOfChat, maxTokensField: 'max_tokens', jsonSchema: false, reasoningControl: 'thinking' },
  };
}

/** The Responses API as a vendor of chat completions serves it, taken where it is named. */
export function responsesBeside(): Mount {
  return responsesMount('named', { quirks: { ...notOfChat, reasoningControl: 'reasoning_effort' } });
}
