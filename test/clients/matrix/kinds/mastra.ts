import { Mastra } from '@mastra/core';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import type * as z from 'zod';
import { type ClientKind, type ClientTool, finishOf, type Question } from '../../support/client.ts';
import { watchGlobalFetch } from '../global-fetch.ts';

const stepsMax = 5;

export const mastra: ClientKind = {
  name: '@mastra/core (model as id and url)',
  dialect: 'openai-chat',
  lacks: {
    models: 'no call that lists them',
    'stream usage': 'it does not ask for usage in streams, and the dialect then has none',
    'image addresses': 'it loads images from the web itself',
  },
  obeysShouldRetry: false,
  requestsOfFailure: 1,
  failure: (thrown) => {
    const inner = innermost(thrown);
    const { name, message, statusCode } = inner as Error & { statusCode?: number };
    return { status: statusCode, message, aborted: /abort/i.test(name) || /abort/i.test(message) };
  },
  connect({ url, key, fetch, patient }) {
    watchGlobalFetch(url, fetch);
    const agentFor = ({ model, system }: Question, tools: ClientTool[] = []): Agent => {
      const agent = new Agent({
        id: 'asker',
        name: 'asker',
        instructions: system ?? '',
        model: { id: `yumen/${model}`, url: `${url}/v1`, apiKey: key },
        tools: Object.fromEntries(tools.map((one) => [one.name, toolOf(one)])),
        // It waits a second and longer between its attempts, so it makes several only where that is checked.
        maxRetries: patient ? 2 : 0,
      });
      return new Mastra({ agents: { agent }, logger: false }).getAgent('agent');
    };
    const optionsOf = ({ maxOutputTokens, temperature, stop, thinks, signal }: Question) => ({
      maxSteps: stepsMax,
      modelSettings: {
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(stop === undefined ? {} : { stopSequences: stop }),
      },
      ...(thinks === true ? { providerOptions: { yumen: { reasoningEffort: 'low' } } } : {}),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    return {
      async ask(question) {
        const answer = await agentFor(question).generate(messagesOf(question), optionsOf(question));
        if (answer.error !== undefined) throw answer.error;
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
        const answer = await agentFor(question).stream(messagesOf(question), optionsOf(question));
        for await (const part of answer.fullStream) {
          if (part.type === 'error') throw part.payload.error;
          if (part.type === 'abort') throw new DOMException('The stream was aborted.', 'AbortError');
          if (part.type === 'reasoning-delta') reasoningDeltas.push(part.payload.text);
          if (part.type !== 'text-delta' || part.payload.text === '') continue;
          deltas.push(part.payload.text);
          onDelta?.(part.payload.text);
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
        const structuredOutput = { schema };
        const options = { ...optionsOf(question), structuredOutput };
        return (await agentFor(question).generate(messagesOf(question), options)).object;
      },
      async streamObject(question, schema) {
        const structuredOutput = { schema };
        const options = { ...optionsOf(question), structuredOutput };
        const answer = await agentFor(question).stream(messagesOf(question), options);
        await answer.consumeStream();
        return await answer.object;
      },
      async useTools(question, tools, { stream }) {
        const agent = agentFor(question, tools);
        const [messages, options] = [messagesOf(question), optionsOf(question)];
        if (!stream) return (await agent.generate(messages, options)).text;
        const answer = await agent.stream(messages, options);
        await answer.consumeStream();
        return await answer.text;
      },
    };
  },
};

function toolOf({ name, description, input, run }: ClientTool) {
  return createTool({
    id: name,
    description,
    inputSchema: input as z.ZodObject,
    execute: async (value: unknown) => run(value),
  });
}

/** The error of the HTTP call is the cause of what is thrown, or the last of several attempts. */
function innermost(thrown: unknown): unknown {
  const { cause, lastError } = thrown as { cause?: unknown; lastError?: unknown };
  const inner = lastError ?? cause;
  return inner instanceof Error && 'statusCode' in inner ? inner : thrown;
}

const finishWords = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'content-filter',
} as const;

function usageOf(usage: {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cachedInputTokens?: number | undefined;
  reasoningTokens?: number | undefined;
}) {
  return {
    inputTokens: usage.inputTokens,
    cacheReadTokens: usage.cachedInputTokens,
    outputTokens: usage.outputTokens,
    reasoningTokens: usage.reasoningTokens,
  };
}

function messagesOf({ prompt, imageUrl }: Question) {
  if (imageUrl === undefined) return [{ role: 'user' as const, content: prompt }];
  return [
    {
      role: 'user' as const,
      content: [
        { type: 'text' as const, text: prompt },
        { type: 'image' as const, image: imageUrl, mediaType: 'image/png' },
      ],
    },
  ];
}
