import type { ServiceAnswer } from '../answer.ts';
import type { RerankForm } from './form.ts';
import { jinaRerank } from './jina.ts';
import { textsOnly } from './request.ts';

/** `POST /v2/rerank` (docs.cohere.com, reference «Rerank API (v2)»): texts only, and documents never come back. */
export const cohereRerank: RerankForm = {
  encode(request, { model }) {
    const { documents } = textsOnly(request);
    const { return_documents: _, ...body } = request.body;
    return Buffer.from(JSON.stringify({ ...body, model, documents }));
  },
  decode: (bytes, request, identity): ServiceAnswer => jinaRerank.decode(bytes, request, identity),
};
