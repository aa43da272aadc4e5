import type { JsonObject } from '../../src/protocol/index.ts';
import { type Asked, asArray, asObject, type FakeAnswer, joined } from './fake-answer.ts';
import type { FakeDialect, FakeEvent } from './fake-dialect.ts';
import { fakeEncryptedPrefix, invalidOf } from './fake-responses-rules.ts';

const createdAtSeconds = 1_760_000_000;

/** Responses as OpenAI serves them: typed items, every event with a sequence number, usage in the last one. */
export const fakeOpenaiResponses: FakeDialect = {
  basePath: '/v1',
  chatPath: (path) => (path === '/v1/responses' ? {} : undefined),
  ask(body) {
    const invalid = invalidOf(body);
    return invalid === undefined ? readAsked(body) : { invalid };
  },
  error: (error) => ({
    error: {
      message: error.message,
      type: error.type ?? 'invalid_request_error',
      param: error.param ?? null,
      code: error.code ?? null,
    },
  }),
  answer(answer, reply, asked) {
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    return { body: responseOf(answer, asked, itemsOf(answer), statusOf(answer), usage), usage };
  },
  events(answer, asked, reply) {
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    const writer = new EventList();
    const opening = { response: responseOf(answer, asked, [], 'in_progress', undefined) };
    writer.add('response.created', opening);
    writer.add('response.in_progress', opening);
    const items = itemsOf(answer);
    for (const item of items) writer.addItem(item, answer);
    const status = statusOf(answer);
    const response = responseOf(answer, asked, items, status, usage);
    writer.add(`response.${status}`, { response }, { usage, terminal: true });
    return writer.events;
  },
  errorEvent: (error) => ({
    event: 'error',
    data: JSON.stringify({
      type: 'error',
      sequence_number: 99,
      error: {
        type: error.type ?? 'server_error',
        code: 'server_error',
        message: error.message,
        param: null,
      },
    }),
  }),
  models: (ids) => ({
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: createdAtSeconds, owned_by: 'fake' })),
  }),
};

interface Item {
  id: string;
  type: 'reasoning' | 'message' | 'function_call';
  [field: string]: unknown;
}

class EventList {
  readonly events: FakeEvent[] = [];
  #index = 0;

  add(type: string, fields: object, extra: Partial<FakeEvent> = {}): void {
    const data = JSON.stringify({ type, sequence_number: this.events.length, ...fields });
    this.events.push({ event: type, data, ...extra });
  }

  addItem(item: Item, answer: FakeAnswer): void {
    const place = { item_id: item.id, output_index: this.#index };
    const opened = { ...item, ...emptied(item) };
    this.add('response.output_item.added', { output_index: this.#index, item: opened });
    if (item.type === 'reasoning') this.#addSummary(place, answer);
    else if (item.type === 'message') this.#addContent(place, item, answer);
    else this.#addArguments(place, item, answer);
    this.add('response.output_item.done', { output_index: this.#index, item });
    this.#index += 1;
  }

  #addSummary(place: object, answer: FakeAnswer): void {
    const at = { ...place, summary_index: 0 };
    this.add('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
    for (const { text, tokens } of answer.reasoning) {
      this.add('response.reasoning_summary_text.delta', { ...at, delta: text }, { tokens });
    }
    const text = joined(answer.reasoning);
    this.add('response.reasoning_summary_text.done', { ...at, text });
    this.add('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
  }

  #addContent(place: object, item: Item, answer: FakeAnswer): void {
    for (const [index, part] of asArray(item['content']).map(asObject).entries()) {
      const at = { ...place, content_index: index };
      const refuses = part['type'] === 'refusal';
      this.add('response.content_part.added', {
        ...at,
        part: { ...part, [refuses ? 'refusal' : 'text']: '' },
      });
      if (refuses) {
        this.add('response.refusal.delta', { ...at, delta: part['refusal'] }, { tokens: 0 });
        this.add('response.refusal.done', { ...at, refusal: part['refusal'] });
      } else {
        for (const { text, tokens } of answer.text) {
          this.add('response.output_text.delta', { ...at, delta: text, logprobs: [] }, { tokens });
        }
        this.add('response.output_text.done', { ...at, text: part['text'], logprobs: [] });
      }
      this.add('response.content_part.done', { ...at, part });
    }
  }

  #addArguments(place: object, item: Item, answer: FakeAnswer): void {
    const call = answer.toolCalls.find(({ id }) => id === item['call_id']);
    for (const { text, tokens } of call?.fragments ?? []) {
      this.add('response.function_call_arguments.delta', { ...place, delta: text }, { tokens });
    }
    const { name, arguments: whole } = item;
    this.add('response.function_call_arguments.done', { ...place, name, arguments: whole });
  }
}

/** An item as it is announced, before its content. */
function emptied(item: Item): object {
  if (item.type === 'reasoning') return { summary: [] };
  if (item.type === 'message') return { status: 'in_progress', content: [] };
  return { status: 'in_progress', arguments: '' };
}

function itemsOf(answer: FakeAnswer): Item[] {
  const items: Item[] = [];
  if (answer.reasoning.length > 0) {
    items.push({
      id: `rs_${answer.id}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: joined(answer.reasoning) }],
      encrypted_content: `${fakeEncryptedPrefix}${answer.id}`,
    });
  }
  const content: object[] = [];
  if (answer.text.length > 0) {
    content.push({ type: 'output_text', text: joined(answer.text), annotations: [], logprobs: [] });
  }
  if (answer.refusal !== undefined) content.push({ type: 'refusal', refusal: answer.refusal });
  if (content.length > 0) {
    const status = statusOf(answer);
    items.push({ id: `msg_${answer.id}`, type: 'message', status, role: 'assistant', content });
  }
  for (const [index, call] of answer.toolCalls.entries()) {
    items.push({
      id: `fc_${answer.id}_${index}`,
      type: 'function_call',
      status: 'completed',
      call_id: call.id,
      name: call.name,
      arguments: joined(call.fragments),
    });
  }
  return items;
}

function responseOf(
  answer: FakeAnswer,
  { body = {} }: Asked,
  output: Item[],
  status: string,
  usage: unknown,
): object {
  const { effort = null, summary = null } = asObject(body['reasoning']);
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: createdAtSeconds,
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: answer.finish } : null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    model: answer.model,
    output,
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: body['previous_response_id'] ?? null,
    reasoning: { effort, summary },
    store: body['store'] ?? true,
    temperature: body['temperature'] ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...asObject(body['text']) },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: body['top_p'] ?? 1,
    truncation: body['truncation'] ?? 'disabled',
    usage: usage ?? null,
    metadata: body['metadata'] ?? {},
  };
}

function statusOf(answer: FakeAnswer): string {
  return answer.finish === undefined ? 'completed' : 'incomplete';
}

function usageOf(answer: FakeAnswer): unknown {
  return {
    input_tokens: answer.inputTokens,
    input_tokens_details: {
      cached_tokens: answer.cacheReadTokens,
      cache_write_tokens: answer.cacheWriteTokens,
    },
    output_tokens: answer.outputTokens,
    output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
    total_tokens: answer.inputTokens + answer.outputTokens,
  };
}

function readAsked(body: JsonObject): Asked {
  const { input } = body;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input).map(asObject);
  const format = asObject(asObject(body['text'])['format']);
  const answered = asObject(items.at(-1))['type'] === 'function_call_output';
  return {
    model: String(body['model']),
    stream: body['stream'] === true,
    includeUsage: true,
    tool: answered ? undefined : chosenTool(body),
    jsonSchema:
      format['type'] === 'json_schema'
        ? format['schema']
        : format['type'] === 'json_object'
          ? { type: 'object', properties: {} }
          : undefined,
    promptText: [body['instructions'], ...items.map((item) => asObject(item)['content'])]
      .map(contentText)
      .join('\n'),
    body,
  };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asObject(part)['text'])
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function chosenTool(body: { [key: string]: unknown }): Asked['tool'] {
  const tools = asArray(body['tools'])
    .map(asObject)
    .filter(({ type }) => type === 'function');
  const choice = body['tool_choice'];
  if (choice === 'none') return undefined;
  const wanted = asObject(choice)['name'];
  const tool = tools.find(({ name }) => name === wanted) ?? tools[0];
  return tool === undefined ? undefined : { name: String(tool['name']), schema: tool['parameters'] };
}
