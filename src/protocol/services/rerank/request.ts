import { optionalBoolean, optionalInteger, reject, requireModel } from '../../dialects/read.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { refuseFallbackModels } from '../answer.ts';

/** One call of `/v1/rerank`, in the format that Jina, Cohere and vLLM share. What is not read here passes as it came. */
export interface RerankRequest {
  model: string;
  /** Undefined where it is an object, for models that read images too. */
  query: string | undefined;
  /** The text of each document; undefined where it has none. */
  documents: (string | undefined)[];
  topN: number | undefined;
  returnDocuments: boolean | undefined;
  body: JsonObject;
  bytes: Uint8Array;
}

/** Throws `invalid_request` naming the field at fault. */
export function decodeRerankRequest(body: JsonObject, bytes: Uint8Array): RerankRequest {
  const model = requireModel(body);
  refuseFallbackModels(body);
  const { query, documents } = body;
  if ((typeof query !== 'string' || query === '') && !isObject(query)) {
    reject('query', 'must be the text to rank the documents by.');
  }
  if (!Array.isArray(documents) || documents.length === 0) {
    reject('documents', 'must be an array of texts, or of objects with a text, with at least one of them.');
  }
  return {
    model,
    query: typeof query === 'string' ? query : undefined,
    documents: documents.map(textOf),
    topN: optionalInteger(body, 'top_n', 1),
    returnDocuments: optionalBoolean(body, 'return_documents'),
    body,
    bytes,
  };
}

function textOf(document: unknown, index: number): string | undefined {
  if (typeof document === 'string') return document;
  if (!isObject(document)) reject(`documents[${index}]`, 'must be a text or an object with a text.');
  return typeof document['text'] === 'string' ? document['text'] : undefined;
}

/** Query and documents for upstreams that read texts only. Throws `unsupported_by_candidates`. */
export function textsOnly({ query, documents }: RerankRequest): { query: string; documents: string[] } {
  const texts = documents.map((document, index) => {
    if (document === undefined) throw needsText(`documents[${index}]`);
    return document;
  });
  if (query === undefined) throw needsText('query');
  return { query, documents: texts };
}

function needsText(param: string): GatewayError {
  return new GatewayError('unsupported_by_candidates', `This model ranks texts only: ${param} has none.`, {
    param,
  });
}
