import { isObject, type JsonObject } from '../../json.ts';
import { parseAnswer, type ServiceAnswer } from '../answer.ts';
import { serviceUsage } from '../usage.ts';
import type { RerankForm } from './form.ts';
import { textsOnly } from './request.ts';
import { checkedResults } from './results.ts';

/** What has a place of its own; everything else a client adds, such as `instruct`, is a parameter. */
const placed: ReadonlySet<string> = new Set(['model', 'query', 'documents', 'return_documents']);

/**
 * DashScope's own text-rerank service (alibabacloud.com/help/en/model-studio/text-rerank-api): the input in one object, its options in
 * another. Documents are not asked back, since we have them.
 */
export const dashscopeRerank: RerankForm = {
  encode(request, { model }) {
    const parameters = Object.fromEntries(Object.entries(request.body).filter(([name]) => !placed.has(name)));
    const body: JsonObject = {
      model,
      input: textsOnly(request),
      parameters: { ...parameters, return_documents: false },
    };
    return Buffer.from(JSON.stringify(body));
  },

  decode(bytes, request, { requestId, model }): ServiceAnswer {
    const answer = parseAnswer(bytes);
    const output = isObject(answer['output']) ? answer['output'] : {};
    const read = serviceUsage(answer);
    const tokens = (read.usage?.inputTokens ?? 0) + (read.usage?.outputTokens ?? 0);
    const body: JsonObject = {
      id: typeof answer['request_id'] === 'string' ? answer['request_id'] : requestId,
      model,
      results: checkedResults(output['results'], request),
      usage: { total_tokens: tokens },
    };
    return { bytes: Buffer.from(JSON.stringify(body)), ...read };
  },
};
