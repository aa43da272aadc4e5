import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { type ClientKind, finishOf, type Question, type Seen, type SeenUsage } from '../support/client.ts';

export const anthropic: ClientKind = {
  name: 'Anthropic SDK',
  dialect: 'anthropic-messages',
  obeysShouldRetry: true,
  failure: (thrown) => ({
    status: thrown instanceof Anthropic.APIError ? thrown.status : undefined,
    message: String((thrown as Error).message),
    aborted: thrown instanceof Anthropic.APIUserAbortError,
  }),
  connect({ url, key, fetch }) {
    const client = new Anthropic({ baseURL: url, apiKey: key, fetch });
    return {
      async ask(question) {
        return seen(await client.messages.create(bodyOf(question), { signal: question.signal }));
      },
      async stream(question, onDelta) {
        const deltas: string[] = [];
        const reasoningDeltas: string[] = [];
        const stream = client.messages.stream(bodyOf(question), { signal: question.signal });
        stream.on('text', (text) => {
          deltas.push(text);
          onDelta?.(text);
        });
        stream.on('thinking', (text) => reasoningDeltas.push(text));
        return { ...seen(await stream.finalMessage()), deltas, reasoningDeltas };
      },
      async askForObject(question, schema) {
        const answer = await client.messages.parse({
          ...bodyOf(question),
          output_config: { format: zodOutputFormat(schema) },
        });
        return answer.parsed_output;
      },
      async streamObject(question, schema) {
        const stream = client.messages.stream({
          ...bodyOf(question),
          output_config: { format: zodOutputFormat(schema) },
        });
        return (await stream.finalMessage()).parsed_output;
      },
      async useTools(question, tools, { stream }) {
        const runner = client.beta.messages.toolRunner({
          ...bodyOf(question),
          tools: tools.map(({ name, description, input, run }) =>
            betaZodTool({ name, description, inputSchema: input, run }),
          ),
          stream,
          thread: false,
        });
        const last = await runner.runUntilDone();
        return last.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
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
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
} as const;

function seen(message: Anthropic.Message): Seen {
  const { content } = message;
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    finish: finishOf(finishWords, message.stop_reason),
    usage: usageOf(message.usage),
  };
}

function bodyOf(question: Question): Anthropic.MessageCreateParamsNonStreaming {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, stop, thinks } = question;
  return {
    model,
    max_tokens: maxOutputTokens ?? 4096,
    ...(system === undefined ? {} : { system }),
    messages: [
      {
        role: 'user',
        content:
          imageUrl === undefined
            ? prompt
            : [
                { type: 'image', source: sourceOf(imageUrl) },
                { type: 'text', text: prompt },
              ],
      },
    ],
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined ? {} : { stop_sequences: stop }),
    ...(thinks === true ? { thinking: { type: 'enabled', budget_tokens: 2048 } } : {}),
  };
}

function sourceOf(url: string): Anthropic.Base64ImageSource | Anthropic.URLImageSource {
  const inline = /^data:(image\/png);base64,(.*)$/.exec(url);
  return inline === null
    ? { type: 'url', url }
    : { type: 'base64', media_type: 'image/png', data: inline[2]! };
}

function usageOf(usage: Anthropic.Usage): SeenUsage {
  const cacheReadTokens = usage.cache_read_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens + cacheReadTokens + (usage.cache_creation_input_tokens ?? 0),
    cacheReadTokens,
    outputTokens: usage.output_tokens,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens,
  };
}
