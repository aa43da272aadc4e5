import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import { commonEdits } from '../pass.ts';
import { adaptMessages } from './adapt-messages.ts';

/** The messages as this upstream takes them, the output limit under the name this upstream knows, and usage in streams, which we need whether or not the client does. */
export function passEdits(request: ChatRequest, target: EncodeTarget): PassEdits {
  const { edits, dropped } = commonEdits(request, target);
  const hidesUsage = request.stream && target.streamUsageOption !== false && !request.wantsStreamUsage;
  if (hidesUsage) {
    const given = request.body['stream_options'];
    edits['stream_options'] = {
      ...(isObject(given) ? (given as { [key: string]: Json }) : {}),
      include_usage: true,
    };
  }
  // Of two limits the one that was decided on is sent alone; which of them an upstream would take is its own choice.
  const limit = request.sampling.maxOutputTokens;
  if (limit !== undefined) {
    const field = target.maxTokensField;
    const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    if (request.body[other] !== undefined) edits[other] = undefined;
    if (request.body[field] !== limit) edits[field] = limit;
  }
  const messages = adaptMessages(request.body['messages'] as JsonObject[], {
    ...target,
    // What is ignored there passes: only a refusal is worth touching the client's words.
    reasoningEcho: target.reasoningEcho === 'none' ? 'none' : undefined,
  });
  if (messages.changed) edits['messages'] = messages.messages as unknown as Json;
  if (messages.withoutReasoning) dropped.push(clientFields['openai-chat'].pastReasoning);
  return { edits, hidesUsage, dropped };
}
