import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import {
  type Client,
  type ClientKind,
  type ClientTool,
  type Failure,
  finishOf,
  type Place,
  type Question,
  type Seen,
} from '../../support/client.ts';

type ChatModel = ChatOpenAI | ChatAnthropic;

const turnsMax = 5;

/** It waits a second and longer between its own attempts, so it makes several only where that is checked. */
const attempts = ({ patient }: Place): { maxRetries: number } => ({ maxRetries: patient ? 2 : 0 });

const shared = {
  obeysShouldRetry: false,
  requestsOfFailure: 1,
  failure(thrown: unknown): Failure {
    const { name, message, status } = thrown as Error & { status?: number };
    return { status, message, aborted: /abort/i.test(name) || /abort/i.test(message) };
  },
};

// Its option for reasoning is sent only to models whose names begin as the vendor's do, where ours have the provider's: hence `modelKwargs`.

export const langchainOpenai: ClientKind = {
  ...shared,
  name: '@langchain/openai (chat)',
  dialect: 'openai-chat',
  lacks: { models: 'no call that lists them', reasoning: 'no part for it on chat completions' },
  connect: (place) =>
    langchainClient(({ model, maxOutputTokens, temperature, stop, thinks }) => {
      return new ChatOpenAI({
        ...attempts(place),
        model,
        apiKey: place.key,
        streamUsage: true,
        configuration: { baseURL: `${place.url}/v1`, fetch: place.fetch },
        ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(stop === undefined ? {} : { stop }),
        ...(thinks === true ? { modelKwargs: { reasoning_effort: 'low' } } : {}),
      });
    }),
};

export const langchainResponses: ClientKind = {
  ...shared,
  name: '@langchain/openai (Responses)',
  dialect: 'openai-responses',
  lacks: { models: 'no call that lists them', stop: 'Responses has no stop sequences' },
  connect: (place) =>
    langchainClient(({ model, maxOutputTokens, temperature, thinks }) => {
      return new ChatOpenAI({
        ...attempts(place),
        model,
        apiKey: place.key,
        useResponsesApi: true,
        configuration: { baseURL: `${place.url}/v1`, fetch: place.fetch },
        ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(thinks === true ? { modelKwargs: { reasoning: { effort: 'low', summary: 'auto' } } } : {}),
      });
    }),
};

export const langchainAnthropic: ClientKind = {
  ...shared,
  name: '@langchain/anthropic',
  dialect: 'anthropic-messages',
  lacks: {
    models: 'no call that lists them',
    'reasoning usage': 'no field for it in its usage',
    'stream usage':
      'in streams it takes the input from `message_start` alone and adds up the output of `message_start` and `message_delta`',
  },
  connect: (place) =>
    langchainClient(({ model, maxOutputTokens, temperature, stop, thinks }) => {
      return new ChatAnthropic({
        ...attempts(place),
        model,
        apiKey: place.key,
        anthropicApiUrl: place.url,
        clientOptions: { fetch: place.fetch },
        maxTokens: maxOutputTokens ?? 4096,
        ...(temperature === undefined ? {} : { temperature }),
        ...(stop === undefined ? {} : { stopSequences: stop }),
        ...(thinks === true ? { thinking: { type: 'enabled' as const, budget_tokens: 2048 } } : {}),
      });
    }),
};

function langchainClient(modelFor: (question: Question) => ChatModel): Client {
  const streamed = async (
    model: Pick<BaseChatModel, 'stream'>,
    messages: BaseMessage[],
    signal?: AbortSignal,
    onChunk?: (chunk: AIMessageChunk) => void,
  ): Promise<AIMessageChunk> => {
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model.stream(messages, { ...(signal === undefined ? {} : { signal }) })) {
      onChunk?.(chunk);
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    if (whole === undefined) throw new Error('an empty stream');
    return whole;
  };
  return {
    async ask(question) {
      const { signal } = question;
      const options = signal === undefined ? {} : { signal };
      return seen(await modelFor(question).invoke(messagesOf(question), options));
    },
    async stream(question, onDelta) {
      const deltas: string[] = [];
      const reasoningDeltas: string[] = [];
      const whole = await streamed(modelFor(question), messagesOf(question), question.signal, (chunk) => {
        const thought = reasoningOf(chunk);
        if (thought !== '') reasoningDeltas.push(thought);
        if (chunk.text === '') return;
        deltas.push(chunk.text);
        onDelta?.(chunk.text);
      });
      return { ...seen(whole), deltas, reasoningDeltas };
    },
    async askForObject(question, schema) {
      return modelFor(question)
        .withStructuredOutput(schema, objectOptionsOf(modelFor(question)))
        .invoke(messagesOf(question));
    },
    async streamObject(question, schema) {
      const model = modelFor(question).withStructuredOutput(schema, objectOptionsOf(modelFor(question)));
      let last: unknown;
      for await (const part of await model.stream(messagesOf(question))) last = part;
      return last;
    },
    async useTools(question, tools, { stream }) {
      const known = tools.map(toolOf);
      const model = modelFor(question).bindTools(known);
      const messages = messagesOf(question);
      for (let turn = 0; turn < turnsMax; turn++) {
        const answer = stream
          ? await streamed(model as Pick<BaseChatModel, 'stream'>, messages)
          : await model.invoke(messages);
        messages.push(answer);
        const calls = answer.tool_calls ?? [];
        if (calls.length === 0) return answer.text;
        for (const call of calls) {
          const wanted = known.find(({ name }) => name === call.name);
          messages.push(await wanted!.invoke({ ...call, type: 'tool_call' }));
        }
      }
      throw new Error('the model never stopped calling');
    },
  };
}

function objectOptionsOf(model: ChatModel) {
  const options = { name: 'answer', method: 'jsonSchema' } as const;
  return model instanceof ChatOpenAI ? { ...options, strict: true } : options;
}

function toolOf({ name, description, input, run }: ClientTool) {
  return tool((value: unknown) => run(value), { name, description, schema: input });
}

const finishWords = {
  stop: 'stop',
  end_turn: 'stop',
  completed: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  tool_calls: 'tool-calls',
  tool_use: 'tool-calls',
  content_filter: 'content-filter',
  refusal: 'content-filter',
} as const;

function seen(message: AIMessage | AIMessageChunk): Seen {
  const said = message.response_metadata as {
    finish_reason?: string;
    stop_reason?: string;
    status?: string;
    incomplete_details?: { reason?: string } | null;
  };
  const stopReason = said.stop_reason ?? (message.additional_kwargs['stop_reason'] as string | undefined);
  const usage = message.usage_metadata;
  return {
    text: message.text,
    reasoning: reasoningOf(message),
    finish: finishOf(
      finishWords,
      said.incomplete_details?.reason ?? said.finish_reason ?? stopReason ?? said.status,
    ),
    usage: {
      inputTokens: usage?.input_tokens,
      cacheReadTokens: usage?.input_token_details?.cache_read,
      outputTokens: usage?.output_tokens,
      reasoningTokens: usage?.output_token_details?.reasoning,
    },
  };
}

function reasoningOf(message: AIMessage | AIMessageChunk): string {
  return message.contentBlocks
    .map((block) => (block.type === 'reasoning' ? String(block.reasoning) : ''))
    .join('');
}

function messagesOf({ system, prompt, imageUrl }: Question): BaseMessage[] {
  const messages: BaseMessage[] = system === undefined ? [] : [new SystemMessage(system)];
  messages.push(
    imageUrl === undefined
      ? new HumanMessage(prompt)
      : new HumanMessage({
          content: [
            { type: 'text', text: prompt },
            { type: 'image_url', image_url: { url: imageUrl } },
          ],
        }),
  );
  return messages;
}
