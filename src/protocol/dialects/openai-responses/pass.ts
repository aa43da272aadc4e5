import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import { isObject, type Json } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { clientFields } from '../client-fields.ts';
import { commonEdits } from '../pass.ts';
import { echoesReasoning, encodeReasoning, isForeignItem } from './reasoning.ts';

/**
 * Usage is in every stream here, so nothing has to be asked for or hidden. Thinking that came from another dialect in an earlier turn
 * is taken out: the vendor would refuse the request that holds it.
 */
export function passEdits(request: ChatRequest, target: EncodeTarget): PassEdits {
  const { edits, dropped } = commonEdits(request, target, encodeReasoning);
  const limit = request.sampling.maxOutputTokens;
  if (limit !== undefined && request.body['max_output_tokens'] !== limit) edits['max_output_tokens'] = limit;
  const { input } = request.body;
  if (Array.isArray(input) && !echoesReasoning(target)) {
    const kept = input.filter((item) => !(isObject(item) && isForeignItem(item)));
    if (kept.length < input.length) {
      edits['input'] = kept as Json[];
      dropped.push(clientFields['openai-responses'].pastReasoning);
    }
  }
  return { edits, hidesUsage: false, dropped };
}
