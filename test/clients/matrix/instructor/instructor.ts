import createInstructor from '@instructor-ai/instructor';
import OpenAI from 'openai';
import { z } from 'zod';
import { type ClientKind, finishOf, type Question } from '../../support/client.ts';
import { toJSONSchema } from '../schema.ts';

/** Instructor over the client it was made for: plain answers pass through it, objects are asked for with JSON Schema. */
export const instructor: ClientKind = {
  name: '@instructor-ai/instructor',
  dialect: 'openai-chat',
  lacks: {
    models: 'no call that lists them',
    reasoning: 'no part for it on chat completions',
    tools: 'its tools are objects it asks for: it has no loop',
    'stream tools': 'its tools are objects it asks for: it has no loop',
  },
  objectTool: 'answer',
  obeysShouldRetry: true,
  failure: (thrown) => ({
    status: thrown instanceof OpenAI.APIError ? thrown.status : undefined,
    message: (thrown as Error).message,
    aborted: thrown instanceof OpenAI.APIUserAbortError,
  }),
  connect({ url, key, fetch }) {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch: fetch as never });
    const client = createInstructor({ client: openai, mode: 'TOOLS' });
    return {
      async ask(question) {
        const body = { ...bodyOf(question), stream: false as const };
        const answer = (await client.chat.completions.create(body as never, {
          signal: question.signal,
        })) as OpenAI.ChatCompletion;
        return {
          text: answer.choices[0]?.message.content ?? '',
          reasoning: '',
          finish: finishOf(finishWords, answer.choices[0]?.finish_reason),
          usage: usageOf(answer.usage),
        };
      },
      async stream(question, onDelta) {
        const body = { ...bodyOf(question), stream: true, stream_options: { include_usage: true } };
        const stream = (await client.chat.completions.create(body as never, {
          signal: question.signal,
        })) as AsyncIterable<OpenAI.ChatCompletionChunk>;
        const deltas: string[] = [];
        let finish: string | null | undefined;
        let usage: OpenAI.CompletionUsage | null | undefined;
        for await (const chunk of stream) {
          finish = chunk.choices[0]?.finish_reason ?? finish;
          usage = chunk.usage ?? usage;
          const text = chunk.choices[0]?.delta.content ?? '';
          if (text === '') continue;
          deltas.push(text);
          onDelta?.(text);
        }
        if (question.signal?.aborted === true) throw new OpenAI.APIUserAbortError();
        return {
          text: deltas.join(''),
          deltas,
          reasoning: '',
          reasoningDeltas: [],
          finish: finishOf(finishWords, finish),
          usage: usageOf(usage ?? undefined),
        };
      },
      async askForObject(question, schema) {
        const { _meta: _, ...object } = (await client.chat.completions.create({
          ...bodyOf(question),
          response_model: {
            schema: zod3Of(toJSONSchema(schema) as Schema) as z.AnyZodObject,
            name: 'answer',
          },
        })) as { _meta?: unknown };
        return object;
      },
      async streamObject(question, schema) {
        const stream = (await client.chat.completions.create({
          ...bodyOf(question),
          stream: true,
          response_model: {
            schema: zod3Of(toJSONSchema(schema) as Schema) as z.AnyZodObject,
            name: 'answer',
          },
        })) as AsyncIterable<{ _meta?: unknown }>;
        let last: object | undefined;
        for await (const { _meta: _, ...part } of stream) last = part;
        return last;
      },
    };
  },
};

interface Schema {
  type?: string | string[];
  enum?: [string, ...string[]];
  anyOf?: Schema[];
  items?: Schema;
  properties?: { [name: string]: Schema };
}

/** The schemas of the checks are of a newer zod than Instructor takes. */
function zod3Of(schema: Schema): z.ZodTypeAny {
  if (Array.isArray(schema.type)) {
    const [first] = schema.type.filter((type) => type !== 'null');
    return zod3Of({ ...schema, type: first! }).nullable();
  }
  if (schema.anyOf !== undefined) {
    const [first] = schema.anyOf.filter(({ type }) => type !== 'null');
    return zod3Of(first!).nullable();
  }
  if (schema.enum !== undefined) return z.enum(schema.enum);
  switch (schema.type) {
    case 'object':
      return z.object(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, zod3Of(inner)]),
        ),
      );
    case 'array':
      return z.array(zod3Of(schema.items!));
    case 'number':
      return z.number();
    case 'string':
      return z.string();
    default:
      throw new Error(`no zod 3 form is written here for ${schema.type}`);
  }
}

const finishWords = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
} as const;

function usageOf(usage: OpenAI.CompletionUsage | undefined) {
  return {
    inputTokens: usage?.prompt_tokens,
    cacheReadTokens: usage?.prompt_tokens_details?.cached_tokens,
    outputTokens: usage?.completion_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
  };
}

function bodyOf(question: Question) {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, stop, thinks } = question;
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      {
        role: 'user' as const,
        content:
          imageUrl === undefined
            ? prompt
            : [
                { type: 'text' as const, text: prompt },
                { type: 'image_url' as const, image_url: { url: imageUrl } },
              ],
      },
    ],
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined ? {} : { stop }),
    ...(thinks === true ? { reasoning_effort: 'low' as const } : {}),
  };
}
