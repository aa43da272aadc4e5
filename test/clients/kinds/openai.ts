import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { type ClientKind, finishOf, type Question, type Seen, type SeenUsage } from '../support/client.ts';

/** Fields that compatible vendors add and the SDK passes on without knowing them. */
type WithReasoning = { reasoning_content?: string };

export const openai: ClientKind = {
  name: 'openai SDK',
  dialect: 'openai-chat',
  obeysShouldRetry: true,
  failure: (thrown) => ({
    status: thrown instanceof OpenAI.APIError ? thrown.status : undefined,
    message: String((thrown as Error).message),
    aborted: thrown instanceof OpenAI.APIUserAbortError,
  }),
  connect({ url, key, fetch }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch });
    const { completions } = client.chat;
    return {
      async ask(question) {
        const answer = await completions.create(bodyOf(question), { signal: question.signal });
        const choice = answer.choices[0]!;
        return {
          text: choice.message.content ?? '',
          reasoning: (choice.message as WithReasoning).reasoning_content ?? '',
          finish: finishOf(finishWords, choice.finish_reason),
          usage: usageOf(answer.usage),
        };
      },
      async stream(question, onDelta) {
        const deltas: string[] = [];
        const reasoningDeltas: string[] = [];
        let finish: Seen['finish'] = 'unknown: none';
        let usage: SeenUsage = usageOf(undefined);
        const stream = await completions.create(
          { ...bodyOf(question), stream: true, stream_options: { include_usage: true } },
          { signal: question.signal },
        );
        for await (const chunk of stream) {
          const choice = chunk.choices[0];
          const reasoning = (choice?.delta as WithReasoning | undefined)?.reasoning_content;
          if (typeof reasoning === 'string') reasoningDeltas.push(reasoning);
          if (choice?.finish_reason) finish = finishOf(finishWords, choice.finish_reason);
          if (chunk.usage) usage = usageOf(chunk.usage);
          const text = choice?.delta.content;
          if (text === undefined || text === null || text === '') continue;
          deltas.push(text);
          onDelta?.(text);
        }
        if (stream.controller.signal.aborted) throw new OpenAI.APIUserAbortError();
        const text = deltas.join('');
        return { text, deltas, reasoning: reasoningDeltas.join(''), reasoningDeltas, finish, usage };
      },
      async askForObject(question, schema) {
        const answer = await completions.parse({
          ...bodyOf(question),
          response_format: zodResponseFormat(schema, 'answer'),
        });
        return answer.choices[0]?.message.parsed;
      },
      async streamObject(question, schema) {
        const stream = completions.stream({
          ...bodyOf(question),
          response_format: zodResponseFormat(schema, 'answer'),
        });
        const answer = await stream.finalChatCompletion();
        return answer.choices[0]?.message.parsed;
      },
      async useTools(question, tools, { stream }) {
        const body = {
          ...bodyOf(question),
          tools: tools.map(({ name, description, input, run }) =>
            zodFunction({ name, description, parameters: input, function: run }),
          ),
        };
        const runner = stream
          ? completions.runTools({ ...body, stream: true })
          : completions.runTools({ ...body, stream: false });
        return (await runner.finalContent()) ?? '';
      },
      async models() {
        const ids: string[] = [];
        for await (const model of client.models.list()) ids.push(model.id);
        return ids;
      },
    };
  },
};

const finishWords = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
} as const;

function bodyOf(question: Question): Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, stop, thinks } = question;
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      {
        role: 'user',
        content:
          imageUrl === undefined
            ? prompt
            : [
                { type: 'text', text: prompt },
                { type: 'image_url', image_url: { url: imageUrl } },
              ],
      },
    ],
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined ? {} : { stop }),
    ...(thinks === true ? { reasoning_effort: 'low' } : {}),
  };
}

function usageOf(usage: OpenAI.CompletionUsage | undefined): SeenUsage {
  return {
    inputTokens: usage?.prompt_tokens,
    cacheReadTokens: usage?.prompt_tokens_details?.cached_tokens,
    outputTokens: usage?.completion_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
  };
}
