import type { EncodeTarget } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, ReasoningRequest } from '../../request.ts';
import { count, text } from '../read.ts';
import { type EncodedReasoning, encodeReasoning } from '../reasoning.ts';
import { encodeThinking } from '../thinking.ts';

const modelFields = 'additionalModelRequestFields';

/** Thinking is a field of the model behind the API, so each family has its own: all of them are read. */
export function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const fields = objectOf(body[modelFields]);
  const thinking = [fields['thinking'], fields['reasoning_config'], fields['reasoningConfig']].find(isObject);
  const effort =
    text(objectOf(fields['output_config'])['effort']) ??
    text(fields['reasoning_effort']) ??
    text(objectOf(fields['reasoning'])['effort']) ??
    text(thinking?.['maxReasoningEffort']) ??
    text(objectOf(body['outputConfig'])['effort']);
  if (thinking === undefined) {
    if (effort === undefined) return undefined;
    // Models whose only switch is the effort think when they are given one; for Claude it is no switch.
    const isSwitch = fields['reasoning_effort'] !== undefined || fields['reasoning'] !== undefined;
    return isSwitch ? { enabled: effort !== 'none', effort } : { effort };
  }
  return {
    enabled: thinking['type'] !== 'disabled',
    effort,
    budgetTokens: count(thinking['budget_tokens']),
  };
}

/** What a preset asks of thinking, as fields of the body. */
export function encodeModelReasoning(
  asked: ReasoningRequest | undefined,
  target: EncodeTarget,
): EncodedReasoning {
  return wrapped(encodeReasoning(asked, named(target)), target);
}

/** What the client asked of thinking, as fields of the body, where the conditions of the model allow it. */
export function encodeRequestReasoning(
  request: ChatRequest,
  target: EncodeTarget,
  maxTokens: number,
): EncodedReasoning {
  return wrapped(encodeThinking(request, named(target), maxTokens), target);
}

/** The object `reasoning` holds an effort here and nothing else. */
function named(target: EncodeTarget): EncodeTarget {
  return target.reasoningControl === 'reasoning'
    ? { ...target, reasoningControl: 'reasoning_effort' }
    : target;
}

function wrapped({ fields, carried }: EncodedReasoning, target: EncodeTarget): EncodedReasoning {
  if (Object.keys(fields).length === 0) return { fields, carried };
  const inner =
    target.reasoningControl === 'reasoning' ? { reasoning: { effort: fields['reasoning_effort'] } } : fields;
  return { fields: { [modelFields]: inner }, carried };
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
