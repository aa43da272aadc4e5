import { OpenAI } from '@llamaindex/openai';
import {
  type ChatMessage,
  type ChatResponse,
  type ChatResponseChunk,
  type ToolCallLLMMessageOptions,
  tool,
} from 'llamaindex';
import { type ClientKind, type ClientTool, finishOf, type Question } from '../../support/client.ts';

const turnsMax = 5;

export const llamaindexOpenai: ClientKind = {
  name: 'llamaindex + @llamaindex/openai',
  dialect: 'openai-chat',
  lacks: {
    models: 'no call that lists them',
    reasoning: 'no part for it on chat completions',
    abort: 'its calls take no signal',
  },
  obeysShouldRetry: true,
  failure: (thrown) => {
    const { message, status } = thrown as Error & { status?: number };
    return { status, message, aborted: false };
  },
  connect({ url, key, fetch }) {
    const llmFor = (
      { model, maxOutputTokens, temperature, stop, thinks }: Question,
      stream = false,
    ): OpenAI =>
      new OpenAI({
        model,
        apiKey: key,
        baseURL: `${url}/v1`,
        maxRetries: 2,
        additionalSessionOptions: { fetch },
        ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        // Its own option for reasoning is sent only to models whose names begin as the vendor's do.
        additionalChatOptions: {
          ...(stream ? { stream_options: { include_usage: true } } : {}),
          ...(stop === undefined ? {} : { stop }),
          ...(thinks === true ? { reasoning_effort: 'low' } : {}),
        } as object,
      });
    return {
      async ask(question) {
        const { message, raw } = await llmFor(question).chat({ messages: messagesOf(question) });
        const { choices, usage } = raw as RawAnswer;
        return {
          text: String(message.content),
          reasoning: '',
          finish: finishOf(finishWords, choices[0]?.finish_reason),
          usage: usageOf(usage ?? undefined),
        };
      },
      async stream(question, onDelta) {
        const deltas: string[] = [];
        let finish: string | null | undefined;
        let usage: RawUsage | null | undefined;
        for await (const { delta, raw } of await llmFor(question, true).chat({
          messages: messagesOf(question),
          stream: true,
        })) {
          const chunk = raw as RawAnswer | null;
          finish = chunk?.choices[0]?.finish_reason ?? finish;
          usage = chunk?.usage ?? usage;
          if (delta === '') continue;
          deltas.push(delta);
          onDelta?.(delta);
        }
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
        const answer = await llmFor(question).chat({
          messages: messagesOf(question),
          responseFormat: schema,
        });
        return JSON.parse(String(answer.message.content));
      },
      async streamObject(question, schema) {
        let text = '';
        const stream = await llmFor(question).chat({
          messages: messagesOf(question),
          responseFormat: schema,
          stream: true,
        });
        for await (const { delta } of stream) text += delta;
        return JSON.parse(text);
      },
      async useTools(question, tools, { stream }) {
        const llm = llmFor(question);
        const messages = messagesOf(question);
        const known = tools.map(toolOf);
        for (let turn = 0; turn < turnsMax; turn++) {
          const { text, calls } = stream
            ? await streamedTurn(await llm.chat({ messages, tools: known, stream: true }))
            : wholeTurn(await llm.chat({ messages, tools: known }));
          if (calls.length === 0) return text;
          messages.push({ role: 'assistant', content: text, options: { toolCall: calls } });
          for (const { id, name, input } of calls) {
            const tool = tools.find((candidate) => candidate.name === name);
            const result = tool?.run(typeof input === 'string' ? JSON.parse(input) : input) ?? 'no such tool';
            messages.push({
              role: 'user',
              content: result,
              options: { toolResult: { id, result, isError: false } },
            });
          }
        }
        throw new Error('the model never stopped calling');
      },
    };
  },
};

type Turn = { text: string; calls: { id: string; name: string; input: unknown }[] };

function wholeTurn({ message: { content, options } }: ChatResponse<ToolCallLLMMessageOptions>): Turn {
  return { text: String(content), calls: callsOf(options) };
}

async function streamedTurn(
  chunks: AsyncIterable<ChatResponseChunk<ToolCallLLMMessageOptions>>,
): Promise<Turn> {
  const turn: Turn = { text: '', calls: [] };
  for await (const { delta, options } of chunks) {
    turn.text += delta;
    // Each call is handed over when it is whole, and the last of them more than once.
    const calls = callsOf(options).filter(({ id }) => turn.calls.every((known) => known.id !== id));
    turn.calls.push(...calls);
  }
  return turn;
}

function callsOf(options: ToolCallLLMMessageOptions | undefined): Turn['calls'] {
  return options !== undefined && 'toolCall' in options ? options.toolCall : [];
}

interface RawAnswer {
  choices: { finish_reason?: string | null }[];
  usage?: RawUsage | null;
}

interface RawUsage {
  prompt_tokens: number;
  completion_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

function toolOf({ name, description, input, run }: ClientTool) {
  return tool({ name, description, parameters: input, execute: (value: unknown) => run(value) });
}

const finishWords = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
} as const;

function usageOf(usage: RawUsage | undefined) {
  return {
    inputTokens: usage?.prompt_tokens,
    cacheReadTokens: usage?.prompt_tokens_details?.cached_tokens,
    outputTokens: usage?.completion_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
  };
}

function messagesOf({ system, prompt, imageUrl }: Question): ChatMessage<ToolCallLLMMessageOptions>[] {
  const messages: ChatMessage<ToolCallLLMMessageOptions>[] =
    system === undefined ? [] : [{ role: 'system', content: system }];
  messages.push({
    role: 'user',
    content:
      imageUrl === undefined
        ? prompt
        : [
            { type: 'text', text: prompt },
            { type: 'image_url', image_url: { url: imageUrl } },
          ],
  });
  return messages;
}
