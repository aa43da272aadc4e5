import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { notDocumented, parseAnswer, type ServiceAnswer } from '../answer.ts';
import { serviceUsage } from '../usage.ts';
import type { EmbeddingsForm } from './form.ts';
import type { EmbeddingsRequest } from './request.ts';
import { base64OfVector, isVector } from './vectors.ts';

/** OpenAI's words for which Cohere has others, or none. */
const openaiOnly: ReadonlySet<string> = new Set(['input', 'encoding_format', 'dimensions', 'user', 'model']);
/** Models since v3 must be told what a text is for; most texts that are sent are kept to be searched in. */
const defaultInputType = 'search_document';

/** `POST /v2/embed` (docs.cohere.com, reference «Embed API (v2)»). */
export const cohereEmbeddings: EmbeddingsForm = {
  encode({ inputs, dimensions, body }, { model }) {
    const texts = inputs.map((input) => {
      if (typeof input === 'string') return input;
      throw new GatewayError(
        'unsupported_by_candidates',
        'This model takes texts only: send input as a text or an array of texts.',
        { param: 'input' },
      );
    });
    const extras = Object.fromEntries(Object.entries(body).filter(([name]) => !openaiOnly.has(name)));
    return Buffer.from(
      JSON.stringify({
        input_type: defaultInputType,
        ...extras,
        model,
        texts,
        embedding_types: ['float'],
        ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
      }),
    );
  },

  decode(bytes, request, { model }): ServiceAnswer {
    const answer = parseAnswer(bytes);
    const embeddings = answer['embeddings'];
    const vectors = isObject(embeddings) ? embeddings['float'] : embeddings;
    if (!Array.isArray(vectors) || vectors.length !== request.inputs.length) {
      throw notDocumented('the answer does not hold one embedding for each text');
    }
    const read = serviceUsage(answer);
    const tokens = read.usage?.inputTokens ?? 0;
    const body: JsonObject = {
      object: 'list',
      data: vectors.map((vector: unknown, index) => row(vector, index, request.encoding)),
      model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
    return { bytes: Buffer.from(JSON.stringify(body)), ...read };
  },
};

function row(vector: unknown, index: number, encoding: EmbeddingsRequest['encoding']): JsonObject {
  if (!isVector(vector)) throw notDocumented('an embedding is not a list of numbers');
  return {
    object: 'embedding',
    index,
    embedding: encoding === 'base64' ? base64OfVector(vector) : vector,
  };
}
