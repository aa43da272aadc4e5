import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type ModelMessage,
  Output,
  RetryError,
  streamText,
  type ToolSet,
  tool,
} from 'ai';
import { type Client, type Failure, finishOf, type Question, type Seen, type SeenUsage } from './client.ts';

type ProviderOptions = NonNullable<Parameters<typeof generateText>[0]['providerOptions']>;

/** The Vercel AI SDK over one of its provider packages. */
export function aiSdkClient(
  model: (id: string) => LanguageModel,
  optionsFor: (question: Question) => ProviderOptions | undefined = () => undefined,
): Client {
  const callOf = (question: Question) => ({
    model: model(question.model),
    messages: messagesOf(question),
    instructions: question.system,
    maxOutputTokens: question.maxOutputTokens,
    temperature: question.temperature,
    stopSequences: question.stop,
    reasoning: question.thinks === true ? ('low' as const) : undefined,
    abortSignal: question.signal,
    providerOptions: optionsFor(question),
  });
  return {
    async ask(question) {
      const answer = await generateText(callOf(question));
      return {
        text: answer.text,
        reasoning: answer.reasoningText ?? '',
        finish: finishOf(finishWords, answer.finishReason),
        usage: usageOf(answer.usage),
      };
    },
    async stream(question, onDelta) {
      const deltas: string[] = [];
      const reasoningDeltas: string[] = [];
      const answer = streamText({ ...callOf(question), onError: () => {} });
      for await (const part of answer.stream) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'abort') throw new DOMException('The stream was aborted.', 'AbortError');
        if (part.type === 'reasoning-delta' && part.text !== '') reasoningDeltas.push(part.text);
        if (part.type !== 'text-delta' || part.text === '') continue;
        deltas.push(part.text);
        onDelta?.(part.text);
      }
      return {
        text: await answer.text,
        deltas,
        reasoning: (await answer.reasoningText) ?? '',
        reasoningDeltas,
        finish: finishOf(finishWords, await answer.finishReason),
        usage: usageOf(await answer.usage),
      };
    },
    async askForObject(question, schema) {
      return (await generateText({ ...callOf(question), output: Output.object({ schema }) })).output;
    },
    async streamObject(question, schema) {
      const answer = streamText({
        ...callOf(question),
        output: Output.object({ schema }),
        onError: () => {},
      });
      await answer.consumeStream();
      return await answer.output;
    },
    async useTools(question, tools, { stream }) {
      const toolSet: ToolSet = {};
      for (const { name, description, input, run } of tools) {
        toolSet[name] = tool({ description, inputSchema: input, execute: async (value) => run(value) });
      }
      const call = { ...callOf(question), tools: toolSet, stopWhen: isStepCount(5) };
      if (!stream) return (await generateText(call)).text;
      const answer = streamText({ ...call, onError: () => {} });
      await answer.consumeStream();
      return await answer.text;
    },
  };
}

export function aiSdkFailure(thrown: unknown): Failure {
  const last = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  return {
    status: APICallError.isInstance(last) ? last.statusCode : undefined,
    message: last instanceof Error ? last.message : JSON.stringify(last),
    aborted: last instanceof Error && last.name === 'AbortError',
  };
}

const finishWords = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'content-filter',
} as const satisfies { [word: string]: Seen['finish'] };

function messagesOf({ prompt, imageUrl }: Question): ModelMessage[] {
  if (imageUrl === undefined) return [{ role: 'user', content: prompt }];
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text: prompt },
        {
          type: 'file',
          mediaType: 'image/png',
          data: imageUrl.startsWith('data:') ? imageUrl : new URL(imageUrl),
        },
      ],
    },
  ];
}

function usageOf(usage: {
  inputTokens: number | undefined;
  inputTokenDetails: { cacheReadTokens: number | undefined };
  outputTokens: number | undefined;
  outputTokenDetails: { reasoningTokens: number | undefined };
}): SeenUsage {
  return {
    inputTokens: usage.inputTokens,
    cacheReadTokens: usage.inputTokenDetails.cacheReadTokens,
    outputTokens: usage.outputTokens,
    reasoningTokens: usage.outputTokenDetails.reasoningTokens,
  };
}
