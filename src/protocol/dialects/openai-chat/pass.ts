import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import { isObject, type Json } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { commonEdits } from '../pass.ts';

/** The output limit under the name this upstream knows, and usage in streams, which we need whether or not the client does. */
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
  const other = target.maxTokensField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const limit = request.body[other];
  if (typeof limit === 'number') {
    edits[other] = undefined;
    if (request.body[target.maxTokensField] === undefined) edits[target.maxTokensField] = limit;
  }
  return { edits, hidesUsage, dropped };
}
