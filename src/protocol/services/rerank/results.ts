import { isObject, type JsonObject } from '../../json.ts';
import { notDocumented } from '../answer.ts';
import type { RerankRequest } from './request.ts';

/**
 * The results with exactly the documents that the client asked for: some upstreams always send them, some never do. Throws
 * `upstream_protocol` for a result that belongs to no document.
 */
export function checkedResults(value: unknown, request: RerankRequest): JsonObject[] {
  if (!Array.isArray(value)) throw notDocumented('the answer has no list of results');
  return value.map((result: unknown) => {
    if (!isObject(result) || typeof result['relevance_score'] !== 'number') {
      throw notDocumented('a result has no relevance_score');
    }
    const index = result['index'];
    if (
      !Number.isSafeInteger(index) ||
      (index as number) < 0 ||
      (index as number) >= request.documents.length
    ) {
      throw notDocumented('the index of a result is that of no document');
    }
    return withDocument(result, index as number, request);
  });
}

/** The object itself where nothing has to change. */
function withDocument(
  result: JsonObject,
  index: number,
  { documents, returnDocuments }: RerankRequest,
): JsonObject {
  const has = result['document'] !== undefined && result['document'] !== null;
  if (returnDocuments === false && result['document'] !== undefined) {
    const { document: _, ...rest } = result;
    return rest;
  }
  const text = documents[index];
  if (returnDocuments === true && !has && text !== undefined) return { ...result, document: { text } };
  return result;
}
