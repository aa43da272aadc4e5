import { isObject, type Json } from '../../json.ts';
import { spliceTopLevel, type TopLevelEdits } from '../../json-splice.ts';
import { parseAnswer, type ServiceAnswer } from '../answer.ts';
import { serviceUsage } from '../usage.ts';
import type { RerankForm } from './form.ts';
import type { RerankRequest } from './request.ts';
import { checkedResults } from './results.ts';

/** Jina's format, as vLLM, SiliconFlow and DashScope's compatible mode speak it too: bytes pass both ways. */
export const jinaRerank: RerankForm = {
  encode(request, { model }) {
    const edits: { -readonly [key in keyof TopLevelEdits]: TopLevelEdits[key] } = {};
    if (request.model !== model) edits['model'] = model;
    const documents = plainDocuments(request);
    if (documents !== undefined) edits['documents'] = documents;
    return spliceTopLevel(request.bytes, edits);
  },

  decode(bytes, request, { requestId, model }): ServiceAnswer {
    const answer = parseAnswer(bytes);
    const given = answer['results'];
    const results = checkedResults(given, request);
    const read = serviceUsage(answer);
    const edits: { -readonly [key in keyof TopLevelEdits]: TopLevelEdits[key] } = {};
    if (typeof answer['id'] !== 'string') edits['id'] = requestId;
    if (typeof answer['model'] !== 'string') edits['model'] = model;
    if (read.usage !== undefined && !isObject(answer['usage'])) {
      edits['usage'] = { total_tokens: read.usage.inputTokens + read.usage.outputTokens };
    }
    if (results.some((result, index) => result !== (given as unknown[])[index])) {
      edits['results'] = results as Json;
    }
    return { bytes: spliceTopLevel(bytes, edits), ...read };
  },
};

/** `{text}` alone says no more than the text, and older servers take nothing else. Undefined where nothing has to change. */
function plainDocuments({ body, documents }: RerankRequest): Json | undefined {
  const given = body['documents'] as unknown[];
  const isPlain = (document: unknown) => isObject(document) && Object.keys(document).join() === 'text';
  if (!given.some(isPlain)) return undefined;
  return given.map((document, index) => (isPlain(document) ? documents[index] : document)) as Json;
}
