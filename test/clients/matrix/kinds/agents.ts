import { Agent, type AgentInputItem, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import type * as z from 'zod';
import type {
  Client,
  ClientKind,
  ClientTool,
  Failure,
  Place,
  Question,
  SeenUsage,
} from '../../support/client.ts';
import { watchGlobalFetch } from '../global-fetch.ts';

const shared = {
  obeysShouldRetry: true,
  failure(thrown: unknown): Failure {
    const { name, message, status } = thrown as Error & { status?: number };
    return { status, message, aborted: /abort/i.test(name) || /abort/i.test(message) };
  },
};

const lacks: ClientKind['lacks'] = {
  models: 'no call that lists them',
  stop: 'no stop sequences among its settings',
  finish: 'the reason for the end is not shown',
};

export const agentsResponses: ClientKind = {
  ...shared,
  name: '@openai/agents (Responses)',
  dialect: 'openai-responses',
  lacks,
  connect: (place) => agentsClient(place, true),
};

export const agentsChat: ClientKind = {
  ...shared,
  name: '@openai/agents (chat)',
  dialect: 'openai-chat',
  lacks: { ...lacks, reasoning: 'no part for it on chat completions' },
  connect: (place) => agentsClient(place, false),
};

function agentsClient({ url, key, fetch }: Place, useResponses: boolean): Client {
  setTracingDisabled(true);
  watchGlobalFetch(url, fetch);
  const runner = new Runner({
    modelProvider: new OpenAIProvider({ apiKey: key, baseURL: `${url}/v1`, useResponses }),
    tracingDisabled: true,
  });
  const whole = (agent: AnyAgent, question: Question) =>
    runner.run(agent, inputOf(question), signalOf(question));
  const streamed = async (agent: AnyAgent, question: Question, onDelta?: (text: string) => void) => {
    const result = await runner.run(agent, inputOf(question), { ...signalOf(question), stream: true });
    for await (const event of result) {
      if (event.type !== 'raw_model_stream_event' || event.data.type !== 'output_text_delta') continue;
      if (event.data.delta !== '') onDelta?.(event.data.delta);
    }
    await result.completed;
    if (result.error) throw result.error;
    return result;
  };
  return {
    async ask(question) {
      return seen(await whole(agentFor(question), question));
    },
    async stream(question, onDelta) {
      const deltas: string[] = [];
      const result = await streamed(agentFor(question), question, (delta) => {
        deltas.push(delta);
        onDelta?.(delta);
      });
      if (question.signal?.aborted === true) throw new DOMException('The run was aborted.', 'AbortError');
      return { ...seen(result), deltas, reasoningDeltas: [] };
    },
    async askForObject(question, schema) {
      return (await whole(agentFor(question, { outputType: schema }), question)).finalOutput;
    },
    async streamObject(question, schema) {
      return (await streamed(agentFor(question, { outputType: schema }), question)).finalOutput;
    },
    async useTools(question, tools, { stream }) {
      const agent = agentFor(question, { tools });
      return String((await (stream ? streamed : whole)(agent, question)).finalOutput);
    },
  };
}

type AnyAgent = Agent<unknown, 'text' | z.ZodObject>;

function agentFor(
  { model, system, maxOutputTokens, temperature, thinks }: Question,
  { outputType, tools = [] }: { outputType?: z.ZodObject; tools?: ClientTool[] } = {},
): AnyAgent {
  return new Agent({
    name: 'asker',
    model,
    ...(system === undefined ? {} : { instructions: system }),
    ...(outputType === undefined ? {} : { outputType }),
    modelSettings: {
      ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(thinks === true ? { reasoning: { effort: 'low', summary: 'auto' } } : {}),
    },
    tools: tools.map(({ name, description, input, run }) =>
      tool({ name, description, parameters: input, execute: async (value) => run(value) }),
    ),
  }) as AnyAgent;
}

function signalOf({ signal }: Question): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function inputOf({ prompt, imageUrl }: Question): string | AgentInputItem[] {
  if (imageUrl === undefined) return prompt;
  return [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: prompt },
        { type: 'input_image', image: imageUrl },
      ],
    },
  ];
}

type Run = Awaited<ReturnType<Runner['run']>>;

function seen(result: Pick<Run, 'finalOutput' | 'newItems' | 'rawResponses'>) {
  const thoughts = result.newItems.flatMap((item) =>
    item.type === 'reasoning_item'
      ? [...(item.rawItem.content ?? []), ...(item.rawItem.rawContent ?? [])]
      : [],
  );
  return {
    text: String(result.finalOutput),
    reasoning: thoughts.map(({ text }) => text).join(''),
    finish: 'unknown: not shown' as const,
    usage: usageOf(result.rawResponses.at(-1)?.usage),
  };
}

function usageOf(usage: Run['rawResponses'][number]['usage'] | undefined): SeenUsage {
  const [input, output] = [usage?.inputTokensDetails[0], usage?.outputTokensDetails[0]];
  return {
    inputTokens: usage?.inputTokens,
    cacheReadTokens: input?.['cached_tokens'],
    outputTokens: usage?.outputTokens,
    reasoningTokens: output?.['reasoning_tokens'],
  };
}
