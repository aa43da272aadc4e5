import OpenAI from 'openai';
import { ResponsesToolRunner } from 'openai/helpers/responses-tool-runner';
import { zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import {
  type ClientKind,
  type ClientTool,
  finishOf,
  type Question,
  type Seen,
  type SeenUsage,
} from '../support/client.ts';
import { openai } from './openai.ts';

type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type Answer = OpenAI.Responses.Response;

export const openaiResponses: ClientKind = {
  ...openai,
  name: 'openai SDK (Responses)',
  dialect: 'openai-responses',
  lacks: { stop: 'Responses has no stop sequences' },
  connect({ url, key, fetch }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch });
    return {
      async ask(question) {
        return seen(await client.responses.create(bodyOf(question), { signal: question.signal }));
      },
      async stream(question, onDelta) {
        const deltas: string[] = [];
        const reasoningDeltas: string[] = [];
        const stream = client.responses.stream(bodyOf(question), { signal: question.signal });
        stream.on('response.output_text.delta', ({ delta }) => {
          deltas.push(delta);
          onDelta?.(delta);
        });
        stream.on('response.reasoning_summary_text.delta', ({ delta }) => reasoningDeltas.push(delta));
        return { ...seen(await stream.finalResponse()), deltas, reasoningDeltas };
      },
      async askForObject(question, schema) {
        const answer = await client.responses.parse({
          ...bodyOf(question),
          text: { format: zodTextFormat(schema, 'answer') },
        });
        return answer.output_parsed;
      },
      async streamObject(question, schema) {
        const stream = client.responses.stream({
          ...bodyOf(question),
          text: { format: zodTextFormat(schema, 'answer') },
        });
        return (await stream.finalResponse()).output_parsed;
      },
      async useTools(question, tools, { stream }) {
        const runner = new ResponsesToolRunner({
          functions: tools.map((tool) => ({ tool: functionOf(tool), execute: (input) => tool.run(input) })),
        });
        return (await runner.run(client, bodyOf(question), { stream })).output_text;
      },
      async models() {
        const ids: string[] = [];
        for await (const model of client.models.list()) ids.push(model.id);
        return ids;
      },
    };
  },
};

function functionOf({ name, description, input }: ClientTool): OpenAI.Responses.FunctionTool {
  return { type: 'function', name, description, parameters: z.toJSONSchema(input), strict: true };
}

const finishWords = {
  completed: 'stop',
  max_output_tokens: 'length',
  content_filter: 'content-filter',
} as const;

function seen(answer: Answer): Seen {
  const summaries = answer.output.flatMap((item) => (item.type === 'reasoning' ? item.summary : []));
  return {
    text: answer.output_text,
    reasoning: summaries.map(({ text }) => text).join(''),
    finish: finishOf(finishWords, answer.incomplete_details?.reason ?? answer.status),
    usage: usageOf(answer.usage),
  };
}

function usageOf(usage: Answer['usage']): SeenUsage {
  return {
    inputTokens: usage?.input_tokens,
    cacheReadTokens: usage?.input_tokens_details.cached_tokens,
    outputTokens: usage?.output_tokens,
    reasoningTokens: usage?.output_tokens_details.reasoning_tokens,
  };
}

function bodyOf(question: Question): Body {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, thinks } = question;
  return {
    model,
    ...(system === undefined ? {} : { instructions: system }),
    input: [
      {
        role: 'user',
        content:
          imageUrl === undefined
            ? prompt
            : [
                { type: 'input_text', text: prompt },
                { type: 'input_image', image_url: imageUrl, detail: 'auto' },
              ],
      },
    ],
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(thinks === true ? { reasoning: { effort: 'low', summary: 'auto' } } : {}),
  };
}
