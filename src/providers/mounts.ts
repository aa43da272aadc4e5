import type { ReasoningControl } from '../protocol/index.ts';
import type { Mount } from './vendor.ts';

/** Responses beside chat completions, at the same base URL and with the same credentials: its streams always report usage. */
export function responsesMount(use: Mount['use'], more: Partial<Mount> = {}): Mount {
  const { quirks, ...rest } = more;
  return {
    dialect: 'openai-responses',
    chatPath: '/responses',
    use,
    quirks: { usageNeedsStreamOption: false, ...quirks },
    ...rest,
  };
}

/**
 * Messages as others serve it. `named`, because what such a server takes of the dialect differs from the original: whoever wants it says so.
 * `thinking` is how it is switched there; `as in chat` leaves it to the vendor and to the model's row in the catalogue.
 */
export function messagesMount(thinking: ReasoningControl | 'as in chat', more: Partial<Mount> = {}): Mount {
  const { quirks, ...rest } = more;
  return {
    dialect: 'anthropic-messages',
    chatPath: '/messages',
    use: 'named',
    headers: { 'anthropic-version': '2023-06-01' },
    forwardHeaders: ['anthropic-beta', 'anthropic-version'],
    quirks: {
      usageNeedsStreamOption: false,
      ...(thinking === 'as in chat' ? {} : { reasoningControl: thinking, reasoningEfforts: undefined }),
      refusedFields: undefined,
      refusedWhileThinking: undefined,
      ...quirks,
    },
    ...rest,
  };
}
