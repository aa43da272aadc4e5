import { type Asked, asArray, asObject, type FakeAnswer, joined } from './fake-answer.ts';
import type { FakeDialect, FakeEvent } from './fake-dialect.ts';

const createdAtSeconds = 1_760_000_000;

/** Chat completions as OpenAI serves them. */
export const fakeOpenaiChat: FakeDialect = {
  basePath: '/v1',
  chatPath: (path) => (path === '/v1/chat/completions' ? {} : undefined),
  ask(body) {
    if (typeof body['model'] !== 'string' || body['model'] === '')
      return { invalid: 'you must provide a model parameter' };
    if (asArray(body['messages']).length === 0) return { invalid: "[] is too short - 'messages'" };
    return readAsked(body);
  },
  error: (error) => ({
    error: {
      message: error.message,
      type: error.type ?? 'invalid_request_error',
      param: error.param ?? null,
      code: error.code ?? null,
    },
  }),
  answer(answer, reply) {
    const withUsage = reply.usage !== 'never';
    const usage = withUsage ? usageOf(answer) : undefined;
    const message: { [key: string]: unknown } = {
      role: 'assistant',
      content: answer.text.length > 0 ? joined(answer.text) : null,
      refusal: answer.refusal ?? null,
    };
    if (answer.reasoning.length > 0) message['reasoning_content'] = joined(answer.reasoning);
    if (answer.toolCalls.length > 0) {
      message['tool_calls'] = answer.toolCalls.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: joined(call.fragments) },
      }));
    }
    const body = {
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion',
      created: createdAtSeconds,
      model: answer.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(answer) }],
      ...(withUsage ? { usage } : {}),
    };
    return { body, usage };
  },
  events(answer, asked, reply) {
    const reports = reply.usage === 'always' || (reply.usage !== 'never' && asked.includeUsage);
    const usage = reports ? usageOf(answer) : undefined;
    const event = (choices: unknown[], extra: Partial<FakeEvent> = {}, usageField?: unknown): FakeEvent => ({
      data: JSON.stringify({
        id: `chatcmpl-${answer.id}`,
        object: 'chat.completion.chunk',
        created: createdAtSeconds,
        model: answer.model,
        choices,
        ...(usageField !== undefined ? { usage: usageField } : reports ? { usage: null } : {}),
      }),
      ...extra,
    });
    const delta = (value: unknown, tokens?: number): FakeEvent =>
      event(
        [{ index: 0, delta: value, logprobs: null, finish_reason: null }],
        tokens === undefined ? {} : { tokens },
      );
    const events: FakeEvent[] = [
      delta({ role: 'assistant', content: answer.text.length > 0 ? '' : null, refusal: null }),
    ];
    for (const piece of answer.reasoning) events.push(delta({ reasoning_content: piece.text }, piece.tokens));
    for (const piece of answer.text) events.push(delta({ content: piece.text }, piece.tokens));
    if (answer.refusal !== undefined) events.push(delta({ refusal: answer.refusal }, 0));
    answer.toolCalls.forEach((call, index) => {
      const head = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
      events.push(delta({ tool_calls: [head] }, 0));
      for (const piece of call.fragments) {
        events.push(delta({ tool_calls: [{ index, function: { arguments: piece.text } }] }, piece.tokens));
      }
    });
    events.push(event([{ index: 0, delta: {}, logprobs: null, finish_reason: finishOf(answer) }]));
    if (reports) events.push({ ...event([], {}, usage), usage });
    events.push({ data: '[DONE]', terminal: true });
    return events;
  },
  errorEvent: (error) => ({
    data: JSON.stringify({
      error: { message: error.message, type: error.type ?? 'server_error', code: null, param: null },
    }),
  }),
  models: (ids) => ({
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: createdAtSeconds, owned_by: 'fake' })),
  }),
};

function readAsked(body: { [key: string]: unknown }): Asked {
  const format = asObject(body['response_format']);
  const messages = asArray(body['messages']).map(asObject);
  const answered = messages.at(-1)?.['role'] === 'tool';
  return {
    model: String(body['model']),
    stream: body['stream'] === true,
    includeUsage: asObject(body['stream_options'])['include_usage'] === true,
    tool: answered ? undefined : chosenTool(body),
    jsonSchema:
      format['type'] === 'json_schema'
        ? asObject(format['json_schema'])['schema']
        : format['type'] === 'json_object'
          ? { type: 'object', properties: {} }
          : undefined,
    promptText: messages.map((message) => contentText(message['content'])).join('\n'),
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
  const tools = asArray(body['tools']).map((tool) => asObject(asObject(tool)['function']));
  const choice = body['tool_choice'];
  if (choice === 'none') return undefined;
  const wanted = asObject(asObject(choice)['function'])['name'];
  const tool = tools.find((candidate) => candidate['name'] === wanted) ?? tools[0];
  return tool === undefined ? undefined : { name: String(tool['name']), schema: tool['parameters'] };
}

function finishOf(answer: FakeAnswer): string {
  return answer.finish ?? (answer.toolCalls.length > 0 ? 'tool_calls' : 'stop');
}

function usageOf(answer: FakeAnswer): unknown {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: answer.cacheReadTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: answer.reasoningTokens, audio_tokens: 0 },
  };
}
