import { type Asked, asArray, asObject, type FakeAnswer, joined } from './fake-answer.ts';
import type { FakeDialect, FakeEvent } from './fake-dialect.ts';

/** Messages as Anthropic serves them. */
export const fakeAnthropicMessages: FakeDialect = {
  basePath: '/v1',
  chatPath: (path) => (path === '/v1/messages' ? {} : undefined),
  ask(body) {
    if (typeof body['model'] !== 'string' || body['model'] === '')
      return { invalid: 'model: Field required' };
    if (typeof body['max_tokens'] !== 'number') return { invalid: 'max_tokens: Field required' };
    if (asArray(body['messages']).length === 0)
      return { invalid: 'messages: at least one message is required' };
    return readAsked(body);
  },
  error: (error, status) => ({
    type: 'error',
    error: { type: error.type ?? typeOfStatus(status), message: error.message },
    request_id: 'req_fake',
  }),
  answer(answer, reply) {
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    const content: unknown[] = [];
    if (answer.reasoning.length > 0) {
      content.push({ type: 'thinking', thinking: joined(answer.reasoning), signature: 'c2lnbmF0dXJl' });
    }
    const text = joined(answer.text) + (answer.refusal ?? '');
    if (text !== '') content.push({ type: 'text', text, citations: null });
    for (const call of answer.toolCalls) {
      content.push({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: JSON.parse(joined(call.fragments)),
      });
    }
    const body = {
      ...messageOf(answer),
      content,
      stop_reason: stopReasonOf(answer),
      stop_sequence: null,
      ...(usage === undefined ? {} : { usage }),
    };
    return { body, usage };
  },
  events(answer, _asked, reply) {
    const reports = reply.usage !== 'never';
    const event = (type: string, fields: object, extra: Partial<FakeEvent> = {}): FakeEvent => ({
      event: type,
      data: JSON.stringify({ type, ...fields }),
      ...extra,
    });
    const usage = reports ? usageOf(answer) : undefined;
    const started = {
      ...messageOf(answer),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...(reports ? { usage: { ...usageOf(answer), output_tokens: 1 } } : {}),
    };
    const events: FakeEvent[] = [event('message_start', { message: started }), event('ping', {})];
    let index = 0;
    const block = (start: object, deltas: { delta: object; tokens?: number }[]): void => {
      events.push(event('content_block_start', { index, content_block: start }));
      for (const { delta, tokens } of deltas) {
        events.push(event('content_block_delta', { index, delta }, tokens === undefined ? {} : { tokens }));
      }
      events.push(event('content_block_stop', { index }));
      index += 1;
    };
    if (answer.reasoning.length > 0) {
      block({ type: 'thinking', thinking: '', signature: '' }, [
        ...answer.reasoning.map((piece) => ({
          delta: { type: 'thinking_delta', thinking: piece.text },
          tokens: piece.tokens,
        })),
        { delta: { type: 'signature_delta', signature: 'c2lnbmF0dXJl' } },
      ]);
    }
    const text =
      answer.refusal === undefined ? answer.text : [...answer.text, { text: answer.refusal, tokens: 0 }];
    if (text.length > 0) {
      block(
        { type: 'text', text: '', citations: null },
        text.map((piece) => ({ delta: { type: 'text_delta', text: piece.text }, tokens: piece.tokens })),
      );
    }
    for (const call of answer.toolCalls) {
      block({ type: 'tool_use', id: call.id, name: call.name, input: {} }, [
        { delta: { type: 'input_json_delta', partial_json: '' } },
        ...call.fragments.map((piece) => ({
          delta: { type: 'input_json_delta', partial_json: piece.text },
          tokens: piece.tokens,
        })),
      ]);
    }
    const delta = { stop_reason: stopReasonOf(answer), stop_sequence: null };
    events.push(
      event(
        'message_delta',
        { delta, ...(reports ? { usage: { output_tokens: answer.outputTokens } } : {}) },
        { usage },
      ),
    );
    events.push(event('message_stop', {}, { terminal: true }));
    return events;
  },
  errorEvent(error) {
    const body = { type: 'error', error: { type: error.type ?? 'overloaded_error', message: error.message } };
    return { event: 'error', data: JSON.stringify(body) };
  },
  models: (ids) => ({
    data: ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' })),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
  }),
};

function readAsked(body: { [key: string]: unknown }): Asked {
  const messages = asArray(body['messages']).map(asObject);
  const last = asArray(messages.at(-1)?.['content']).map(asObject);
  const answered = last.some((part) => part['type'] === 'tool_result');
  const format = asObject(asObject(body['output_config'])['format']);
  return {
    model: String(body['model']),
    stream: body['stream'] === true,
    includeUsage: true,
    tool: answered ? undefined : chosenTool(body),
    jsonSchema: format['type'] === 'json_schema' ? format['schema'] : undefined,
    promptText: [body['system'], ...messages.map((message) => message['content'])]
      .map(contentText)
      .join('\n'),
  };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map(asObject)
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : contentText(part['content'])))
    .join('\n');
}

function chosenTool(body: { [key: string]: unknown }): Asked['tool'] {
  const tools = asArray(body['tools']).map(asObject);
  const choice = asObject(body['tool_choice']);
  if (choice['type'] === 'none') return undefined;
  const tool = tools.find((candidate) => candidate['name'] === choice['name']) ?? tools[0];
  return tool === undefined ? undefined : { name: String(tool['name']), schema: tool['input_schema'] };
}

function messageOf(answer: FakeAnswer): object {
  return { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: answer.model };
}

function stopReasonOf(answer: FakeAnswer): string {
  if (answer.finish !== undefined) return answer.finish;
  if (answer.refusal !== undefined) return 'refusal';
  return answer.toolCalls.length > 0 ? 'tool_use' : 'end_turn';
}

/** Unlike chat completions, `input_tokens` leaves cached tokens out. */
function usageOf(answer: FakeAnswer): { [key: string]: unknown } {
  return {
    input_tokens: answer.inputTokens - answer.cacheReadTokens - answer.cacheWriteTokens,
    cache_creation_input_tokens: answer.cacheWriteTokens,
    cache_read_input_tokens: answer.cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: answer.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: answer.outputTokens,
    service_tier: 'standard',
  };
}

function typeOfStatus(status: number): string {
  const types: { [status: number]: string } = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  };
  return types[status] ?? 'api_error';
}
