import { ApiError, type CallableTool, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import * as z from 'zod';
import {
  type ClientKind,
  type ClientTool,
  finishOf,
  type Question,
  type Seen,
  type SeenUsage,
} from '../support/client.ts';

type Call = Parameters<GoogleGenAI['models']['generateContent']>[0];
type Config = NonNullable<Call['config']>;

export const googleGenai: ClientKind = {
  name: '@google/genai',
  dialect: 'gemini',
  obeysShouldRetry: false,
  failure: (thrown) => ({
    status: thrown instanceof ApiError ? thrown.status : undefined,
    message: String((thrown as Error).message),
    aborted: (thrown as Error).name === 'AbortError',
  }),
  connect({ url, key, fetch, patient }) {
    const { models } = new GoogleGenAI({
      apiKey: key,
      httpOptions: {
        baseUrl: url,
        fetch,
        // It does not read `retry-after`, and repeats nothing unless told to.
        retryOptions: { attempts: 3, initialDelay: patient ? 1.2 : 0.001, jitter: 0 },
      },
    });
    const streamed = async (
      question: Question,
      config: Config,
      onDelta?: (text: string) => void,
    ): Promise<{ chunks: GenerateContentResponse[]; deltas: string[]; reasoningDeltas: string[] }> => {
      const chunks: GenerateContentResponse[] = [];
      const deltas: string[] = [];
      const reasoningDeltas: string[] = [];
      for await (const chunk of await models.generateContentStream(callOf(question, config))) {
        chunks.push(chunk);
        for (const { text, thought } of partsOf(chunk)) {
          if (text === undefined || text === '') continue;
          (thought === true ? reasoningDeltas : deltas).push(text);
          if (thought !== true) onDelta?.(text);
        }
      }
      return { chunks, deltas, reasoningDeltas };
    };
    return {
      async ask(question) {
        return seen([await models.generateContent(callOf(question))]);
      },
      async stream(question, onDelta) {
        const { chunks, ...rest } = await streamed(question, {}, onDelta);
        return { ...seen(chunks), ...rest };
      },
      async askForObject(question, schema) {
        const answer = await models.generateContent(callOf(question, formatOf(schema)));
        return JSON.parse(answer.text ?? '');
      },
      async streamObject(question, schema) {
        const { deltas } = await streamed(question, formatOf(schema));
        return JSON.parse(deltas.join(''));
      },
      async useTools(question, tools, { stream }) {
        const config: Config = { tools: [callable(tools)] };
        if (!stream) return (await models.generateContent(callOf(question, config))).text ?? '';
        return (await streamed(question, config)).deltas.join('');
      },
      async models() {
        const names: string[] = [];
        for await (const { name } of await models.list()) names.push((name ?? '').replace(/^models\//, ''));
        return names;
      },
    };
  },
};

/** What the SDK calls by itself until the model answers in words. */
function callable(tools: ClientTool[]): CallableTool {
  return {
    tool: async () => ({
      functionDeclarations: tools.map(({ name, description, input }) => ({
        name,
        description,
        parametersJsonSchema: z.toJSONSchema(input),
      })),
    }),
    callTool: async (calls) =>
      calls.map(({ id, name = '', args }) => {
        const tool = tools.find((candidate) => candidate.name === name);
        if (tool === undefined) throw new Error(`no tool ${name}`);
        return {
          functionResponse: {
            ...(id === undefined ? {} : { id }),
            name,
            response: { output: tool.run(args) },
          },
        };
      }),
  };
}

function formatOf(schema: z.ZodObject): Config {
  return { responseMimeType: 'application/json', responseJsonSchema: z.toJSONSchema(schema) };
}

const finishWords = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  BLOCKLIST: 'content-filter',
} as const;

function partsOf(chunk: GenerateContentResponse) {
  return chunk.candidates?.[0]?.content?.parts ?? [];
}

function seen(chunks: GenerateContentResponse[]): Seen {
  const parts = chunks.flatMap(partsOf);
  const textWhere = (thought: boolean): string =>
    parts.map((part) => ((part.thought === true) === thought ? (part.text ?? '') : '')).join('');
  const finish = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason).findLast((word) => word);
  return {
    text: textWhere(false),
    reasoning: textWhere(true),
    finish: finishOf(finishWords, finish),
    usage: usageOf(chunks.at(-1)?.usageMetadata),
  };
}

/** Thoughts stand beside the candidates' tokens. */
function usageOf(usage: GenerateContentResponse['usageMetadata']): SeenUsage {
  const reasoningTokens = usage?.thoughtsTokenCount;
  const written = usage?.candidatesTokenCount;
  return {
    inputTokens: usage?.promptTokenCount,
    cacheReadTokens: usage?.cachedContentTokenCount,
    outputTokens: written === undefined ? undefined : written + (reasoningTokens ?? 0),
    reasoningTokens,
  };
}

function callOf(question: Question, more: Config = {}): Call {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, stop, thinks, signal } = question;
  const image = imageUrl === undefined ? [] : [imagePart(imageUrl)];
  return {
    model,
    contents: [{ role: 'user', parts: [...image, { text: prompt }] }],
    config: {
      ...(system === undefined ? {} : { systemInstruction: system }),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(stop === undefined ? {} : { stopSequences: stop }),
      ...(thinks === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } : {}),
      ...(signal === undefined ? {} : { abortSignal: signal }),
      ...more,
    },
  };
}

function imagePart(url: string) {
  const inline = /^data:(image\/png);base64,(.*)$/.exec(url);
  return inline === null
    ? { fileData: { fileUri: url, mimeType: 'image/png' } }
    : { inlineData: { mimeType: inline[1]!, data: inline[2]! } };
}
