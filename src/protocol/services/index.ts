import { cohereEmbeddings } from './embeddings/cohere.ts';
import type { EmbeddingsForm } from './embeddings/form.ts';
import { openaiEmbeddings } from './embeddings/openai.ts';
import { cohereRerank } from './rerank/cohere.ts';
import { dashscopeRerank } from './rerank/dashscope.ts';
import type { RerankForm } from './rerank/form.ts';
import { jinaRerank } from './rerank/jina.ts';

/** Every form of asking for embeddings. */
export const embeddingsForms: { readonly [form in 'openai' | 'cohere']: EmbeddingsForm } = {
  openai: openaiEmbeddings,
  cohere: cohereEmbeddings,
};

/** Every form of asking for a ranking. */
export const rerankForms: { readonly [form in 'jina' | 'cohere' | 'dashscope']: RerankForm } = {
  jina: jinaRerank,
  cohere: cohereRerank,
  dashscope: dashscopeRerank,
};
