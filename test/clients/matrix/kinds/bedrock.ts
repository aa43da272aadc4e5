import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import * as z from 'zod';
import { bedrockClient } from '../../../support/bedrock-client.ts';
import {
  type ClientKind,
  type ClientTool,
  finishOf,
  type Question,
  type SeenStream,
  type SeenUsage,
} from '../../support/client.ts';

const turnsMax = 5;

export const awsBedrock: ClientKind = {
  name: '@aws-sdk/client-bedrock-runtime',
  dialect: 'bedrock-converse',
  lacks: {
    models: 'Bedrock lists models at another service',
    'image addresses': 'Converse takes images as bytes only',
    'reasoning usage': 'Converse does not count thinking apart',
  },
  obeysShouldRetry: false,
  failure: (thrown) => {
    const { $metadata, message, name } = thrown as Error & { $metadata?: { httpStatusCode?: number } };
    return { status: $metadata?.httpStatusCode, message, aborted: name === 'AbortError' };
  },
  connect({ url, key, fetch }) {
    const client = bedrockClient(url, key, { fetch, attempts: 3 });
    const converse = async (input: ConverseCommandInput, abortSignal?: AbortSignal) => {
      const answer = await client.send(new ConverseCommand(input), { abortSignal });
      return {
        message: answer.output!.message!,
        deltas: [],
        reasoningDeltas: [],
        stopReason: answer.stopReason,
        usage: answer.usage,
      };
    };
    const converseStream = async (
      input: ConverseCommandInput,
      abortSignal?: AbortSignal,
      onDelta?: (text: string) => void,
    ) => {
      const { stream } = await client.send(new ConverseStreamCommand(input), { abortSignal });
      const gathered = new Gathered();
      for await (const event of stream!) gathered.add(event, onDelta);
      return gathered;
    };
    const seen = ({
      message,
      deltas,
      reasoningDeltas,
      stopReason,
      usage,
    }: Awaited<ReturnType<typeof converse>> | Gathered): SeenStream => ({
      text: textOf(message),
      deltas,
      reasoning: (message.content ?? []).map(thoughtOf).join(''),
      reasoningDeltas,
      finish: finishOf(finishWords, stopReason),
      usage: usageOf(usage),
    });
    return {
      ask: async (question) => seen(await converse(inputOf(question), question.signal)),
      stream: async (question, onDelta) =>
        seen(await converseStream(inputOf(question), question.signal, onDelta)),
      askForObject: async (question, schema) =>
        JSON.parse(textOf((await converse({ ...inputOf(question), outputConfig: formOf(schema) })).message)),
      streamObject: async (question, schema) =>
        JSON.parse(
          textOf((await converseStream({ ...inputOf(question), outputConfig: formOf(schema) })).message),
        ),
      async useTools(question, tools, { stream }) {
        const input = { ...inputOf(question), toolConfig: { tools: tools.map(specOf) } };
        const messages = [...(input.messages ?? [])];
        for (let turn = 0; turn < turnsMax; turn++) {
          const { message } = await (stream ? converseStream : converse)({ ...input, messages });
          const results = (message.content ?? []).flatMap(({ toolUse }): ContentBlock[] => {
            if (toolUse === undefined) return [];
            const tool = tools.find(({ name }) => name === toolUse.name);
            const text = tool?.run(toolUse.input) ?? 'no such tool';
            return [{ toolResult: { toolUseId: toolUse.toolUseId!, content: [{ text }] } }];
          });
          if (results.length === 0) return textOf(message);
          messages.push(message, { role: 'user', content: results });
        }
        throw new Error('the model never stopped calling');
      },
    };
  },
};

/** A message put together from the events of its stream, which is left to programs here. */
class Gathered {
  readonly deltas: string[] = [];
  readonly reasoningDeltas: string[] = [];
  stopReason: string | undefined;
  usage: TokenUsage | undefined;
  readonly #blocks = new Map<
    number,
    {
      text: string;
      thought: string;
      signature?: string;
      call?: { toolUseId: string; name: string };
      input: string;
    }
  >();

  add(event: ConverseStreamOutput, onDelta?: (text: string) => void): void {
    const start = event.contentBlockStart;
    if (start?.start?.toolUse !== undefined) {
      const { toolUseId = '', name = '' } = start.start.toolUse;
      this.#block(start.contentBlockIndex).call = { toolUseId, name };
    }
    const delta = event.contentBlockDelta?.delta;
    if (delta !== undefined) {
      const block = this.#block(event.contentBlockDelta?.contentBlockIndex);
      if (delta.text !== undefined) {
        block.text += delta.text;
        this.deltas.push(delta.text);
        onDelta?.(delta.text);
      }
      block.input += delta.toolUse?.input ?? '';
      const { text, signature } = delta.reasoningContent ?? {};
      if (text !== undefined) this.reasoningDeltas.push(text);
      block.thought += text ?? '';
      if (signature !== undefined) block.signature = signature;
    }
    this.stopReason = event.messageStop?.stopReason ?? this.stopReason;
    this.usage = event.metadata?.usage ?? this.usage;
  }

  get message(): Message {
    const content = [...this.#blocks.values()].map(
      ({ text, thought, signature, call, input }): ContentBlock => {
        if (call !== undefined)
          return { toolUse: { ...call, input: JSON.parse(input === '' ? '{}' : input) } };
        if (thought === '') return { text };
        return {
          reasoningContent: {
            reasoningText: { text: thought, ...(signature === undefined ? {} : { signature }) },
          },
        };
      },
    );
    return { role: 'assistant', content };
  }

  #block(index = 0) {
    const block = this.#blocks.get(index) ?? { text: '', thought: '', input: '' };
    this.#blocks.set(index, block);
    return block;
  }
}

const finishWords = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  content_filtered: 'content-filter',
  guardrail_intervened: 'content-filter',
} as const;

function textOf({ content = [] }: Message): string {
  return content.map((block) => block.text ?? '').join('');
}

function thoughtOf({ reasoningContent }: ContentBlock): string {
  return reasoningContent?.reasoningText?.text ?? '';
}

/** Cached tokens stand beside `inputTokens`. */
function usageOf(usage: TokenUsage | undefined): SeenUsage {
  const cacheReadTokens = usage?.cacheReadInputTokens ?? 0;
  const written = usage?.cacheWriteInputTokens ?? 0;
  return {
    inputTokens: usage?.inputTokens === undefined ? undefined : usage.inputTokens + cacheReadTokens + written,
    cacheReadTokens,
    outputTokens: usage?.outputTokens,
  };
}

function formOf(schema: z.ZodObject): NonNullable<ConverseCommandInput['outputConfig']> {
  const text = JSON.stringify(z.toJSONSchema(schema));
  return { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema: text } } } };
}

function specOf({ name, description, input }: ClientTool) {
  return {
    toolSpec: { name, description, inputSchema: { json: JSON.parse(JSON.stringify(z.toJSONSchema(input))) } },
  };
}

function inputOf(question: Question): ConverseCommandInput {
  const { model, system, prompt, imageUrl, maxOutputTokens, temperature, stop, thinks } = question;
  const content: ContentBlock[] = [{ text: prompt }];
  if (imageUrl !== undefined) {
    content.unshift({
      image: { format: 'png', source: { bytes: Buffer.from(imageUrl.split(',')[1] ?? '', 'base64') } },
    });
  }
  return {
    modelId: model,
    ...(system === undefined ? {} : { system: [{ text: system }] }),
    messages: [{ role: 'user', content }],
    inferenceConfig: {
      ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(stop === undefined ? {} : { stopSequences: stop }),
    },
    ...(thinks === true
      ? { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } } }
      : {}),
  };
}
