import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import type { JsonObject } from '../../json.ts';
import { encodeUsage } from '../openai-chat/usage.ts';

export function completionId(upstreamId: string | undefined, identity: AnswerIdentity): string {
  return upstreamId?.startsWith('cmpl-') ? upstreamId : `cmpl-${identity.requestId}`;
}

export function encodeFinish(finish: FinishReason): 'stop' | 'length' | 'content_filter' {
  if (finish.unified === 'length') return 'length';
  return finish.unified === 'content-filter' || finish.unified === 'refusal' ? 'content_filter' : 'stop';
}

/** The dialect has text and nothing else: thinking stays out of it, a refusal is said in its own words. */
export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  const said = answer.parts.map((part) => (part.type === 'text' || part.type === 'refusal' ? part.text : ''));
  return {
    id: completionId(answer.id, identity),
    object: 'text_completion',
    created: identity.createdAtSeconds,
    model: answer.model ?? identity.model,
    choices: [{ index: 0, text: said.join(''), logprobs: null, finish_reason: encodeFinish(answer.finish) }],
    ...(answer.usage === undefined ? {} : { usage: encodeUsage(answer.usage) }),
  };
}
