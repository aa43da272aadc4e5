import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { createSseFramer } from '../../src/protocol/index.ts';
import { openTurns, type TurnSeen } from '../support/responses-socket.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

/**
 * What the compliance suite of the Open Responses specification asks of a server, told anew: its requests, and the form of what must come
 * back, against the start without any configuration.
 */

/** Models of the sandbox that take pictures, and the route over all of them. */
const models = ['sandbox/frontier', 'sandbox/standard', 'auto'];

const text = z.object({
  type: z.literal(['input_text', 'text', 'summary_text', 'reasoning_text']),
  text: z.string(),
});
const outputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()),
  logprobs: z.array(z.unknown()).optional(),
});
const image = z.object({
  type: z.literal('input_image'),
  image_url: z.string().nullable(),
  detail: z.enum(['low', 'high', 'auto']),
});
const refusal = z.object({ type: z.literal('refusal'), refusal: z.string() });
const part = z.union([text, outputText, image, refusal]);
const status = z.enum(['in_progress', 'completed', 'incomplete']);
const message = z.object({
  type: z.literal('message'),
  id: z.string(),
  status,
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.array(part),
});
const call = z.object({
  type: z.literal('function_call'),
  id: z.string(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status,
});
const callOutput = z.object({
  type: z.literal('function_call_output'),
  id: z.string(),
  call_id: z.string(),
  output: z.union([z.string(), z.array(part)]),
  status,
});
const reasoning = z.object({ type: z.literal('reasoning'), id: z.string(), summary: z.array(text) });
const compaction = z.object({ type: z.literal('compaction'), id: z.string(), encrypted_content: z.string() });
const item = z.union([message, call, callOutput, reasoning, compaction]);
const usage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  total_tokens: z.int(),
  input_tokens_details: z.object({ cached_tokens: z.int() }),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
});
const tool = z.object({
  type: z.literal('function'),
  name: z.string(),
  description: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullable(),
});
/** No field may be missing. */
const response = z.object({
  id: z.string().min(1),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.string(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(item),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(tool),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.object({ type: z.string() })]),
  truncation: z.enum(['auto', 'disabled']),
  parallel_tool_calls: z.boolean(),
  text: z.object({
    format: z.object({ type: z.string() }),
    verbosity: z.enum(['low', 'medium', 'high']).optional(),
  }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.int(),
  temperature: z.number(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }).nullable(),
  usage: usage.nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  metadata: z.record(z.string(), z.string()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});
const numbered = { sequence_number: z.int() };
const placed = { ...numbered, item_id: z.string(), output_index: z.int(), content_index: z.int() };
const event = z.discriminatedUnion('type', [
  ...['created', 'in_progress', 'completed', 'incomplete', 'failed'].map((name) =>
    z.object({ type: z.literal(`response.${name}`), ...numbered, response }),
  ),
  ...['added', 'done'].map((name) =>
    z.object({ type: z.literal(`response.output_item.${name}`), ...numbered, output_index: z.int(), item }),
  ),
  ...['added', 'done'].map((name) =>
    z.object({ type: z.literal(`response.content_part.${name}`), ...placed, part }),
  ),
  z.object({ type: z.literal('response.output_text.delta'), ...placed, delta: z.string() }),
  z.object({ type: z.literal('response.output_text.done'), ...placed, text: z.string() }),
  z.object({
    type: z.literal('response.function_call_arguments.delta'),
    ...numbered,
    item_id: z.string(),
    delta: z.string(),
  }),
  z.object({
    type: z.literal('response.function_call_arguments.done'),
    ...numbered,
    item_id: z.string(),
    arguments: z.string(),
  }),
] as never);
const socketError = z.object({
  type: z.literal('error'),
  status: z.int(),
  error: z.object({
    type: z.string().optional(),
    code: z.string(),
    message: z.string(),
    param: z.string().nullish(),
  }),
});

/** A red dot. */
const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

for (const model of models) describe(`Open Responses against ${model}`, () => complies(model));

function complies(model: string): void {
  let yumen: TestGateway;
  before(async () => {
    yumen = await startYumen();
  });
  after(() => yumen.close());

  async function create(body: object): Promise<Json> {
    const answer = await yumen.post('/v1/responses', { model, stream: false, ...body });
    const document = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(document));
    check(response, document);
    return document;
  }

  async function compact(body: object): Promise<Json> {
    const answer = await yumen.post('/v1/responses/compact', { model, ...body });
    const document: Json = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(document));
    return document;
  }

  const accepted: [string, object][] = [
    ['a message', { input: [said('user', 'Say hello in exactly 3 words.')] }],
    [
      'a message of the system',
      {
        input: [
          said('system', 'You are a pirate. Always respond in pirate speak.'),
          said('user', 'Say hello.'),
        ],
      },
    ],
    [
      'a picture',
      {
        input: [
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'What do you see in this image? Answer in one sentence.' },
              { type: 'input_image', image_url: picture },
            ],
          },
        ],
      },
    ],
    [
      'a conversation',
      {
        input: [
          said('user', 'My name is Alice.'),
          said('assistant', 'Hello Alice! Nice to meet you. How can I help you today?'),
          said('user', 'What is my name?'),
        ],
      },
    ],
    [
      'messages with phases',
      {
        input: [
          { ...said('assistant', 'I should answer with the saved number.'), phase: 'commentary' },
          { ...said('assistant', 'The number is four.'), phase: 'final_answer' },
          said('user', 'Repeat only the number.'),
        ],
      },
    ],
  ];
  for (const [what, body] of accepted) {
    it(`answers ${what} with a whole, completed response`, async () => {
      const answer = await create(body);
      assert.equal(answer.status, 'completed');
      assert.ok(answer.output.length > 0);
    });
  }

  it('calls the function it is given', async () => {
    const answer = await create({
      input: [said('user', "What's the weather like in San Francisco?")],
      tools: [
        {
          type: 'function',
          name: 'get_weather',
          description: 'Get the current weather for a location',
          parameters: {
            type: 'object',
            properties: {
              location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
            },
            required: ['location'],
          },
        },
      ],
    });
    assert.ok(answer.output.some((each: Json) => each.type === 'function_call'));
  });

  it('streams events of the specified form, the last of them [DONE]', async () => {
    const answer = await yumen.post('/v1/responses', {
      model,
      stream: true,
      input: [said('user', 'Count from 1 to 5.')],
    });
    assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
    const framer = createSseFramer();
    const frames = [...framer.push(Buffer.from(await answer.arrayBuffer())), ...framer.end()];
    assert.equal(frames.at(-1)!.data, '[DONE]');
    const events = frames.slice(0, -1).map((frame) => {
      const body: Json = JSON.parse(frame.data!);
      assert.equal(frame.event, body.type);
      check(event, body);
      return body;
    });
    assert.equal(events.at(-1).response.status, 'completed');
  });

  it('answers over a connection with the same events', async () => {
    const [turn] = await turns([{ model, input: [said('user', 'Count from 1 to 3.')] }]);
    assert.equal(completed(turn!).status, 'completed');
  });

  it('serves one turn after the other on one connection', async () => {
    const seen = await turns([
      { model, store: false, input: 'Reply with exactly: first' },
      { model, store: false, input: 'Reply with exactly: second' },
    ]);
    const ids = seen.map((turn) => completed(turn).id);
    assert.equal(new Set(ids).size, 2);
  });

  it('goes on from an unstored answer of the same connection', async () => {
    const seen = await turns([
      { model, store: false, input: 'Remember the code word: cobalt. Reply with OK.' },
      (past) => ({
        model,
        store: false,
        previous_response_id: completed(past[0]!).id,
        input: 'What is the code word? Reply with only the code word.',
      }),
    ]);
    assert.equal(completed(seen[1]!).previous_response_id, completed(seen[0]!).id);
  });

  it('has lost an unstored answer once its connection is closed, and starts anew without it', async () => {
    const [first] = await turns([{ model, store: false, input: 'Remember the code word: copper.' }]);
    const [again, recovered] = await turns([
      { model, store: false, previous_response_id: completed(first!).id, input: 'Go on.' },
      { model, store: false, input: [said('user', 'Start a new response.')] },
    ]);
    assert.equal(errorCode(again!), 'previous_response_not_found');
    assert.equal(completed(recovered!).status, 'completed');
  });

  it('does not know a response that never was', async () => {
    const [turn] = await turns([
      { model, store: false, previous_response_id: `resp_missing_${Date.now()}`, input: 'This should fail.' },
    ]);
    assert.equal(errorCode(turn!), 'previous_response_not_found');
  });

  it('forgets the unstored answer that a failed turn wanted to go on from', async () => {
    const from = (past: TurnSeen[]) => ({
      model,
      store: false,
      previous_response_id: completed(past[0]!).id,
    });
    const seen = await turns([
      { model, store: false, input: 'Remember the code word: ember. Reply with OK.' },
      (past) => ({
        ...from(past),
        input: [{ type: 'function_call_output', call_id: 'call_nobody_made', output: 'No such call.' }],
      }),
      (past) => ({ ...from(past), input: 'Try to continue after the failed turn.' }),
    ]);
    assert.equal(errorCode(seen[1]!), 'invalid_request');
    assert.equal(errorCode(seen[2]!), 'previous_response_not_found');
  });

  it('makes a conversation ready without generating, and goes on from it', async () => {
    const seen = await turns([
      { model, store: false, generate: false, input: 'Prepare to answer with exactly: warmed' },
      (past) => ({
        model,
        store: false,
        previous_response_id: completed(past[0]!).id,
        input: 'Reply with exactly: warmed',
      }),
    ]);
    assert.deepEqual(completed(seen[0]!).output, []);
    assert.ok(completed(seen[1]!).output.length > 0);
  });

  it('compacts a conversation', async () => {
    const document = await compact({
      prompt_cache_key: 'a-key',
      input: [
        said('user', 'We agreed to launch on Tuesday and notify support first.'),
        said('assistant', 'Understood. The launch is Tuesday, with support notified beforehand.'),
      ],
    });
    check(
      z.object({
        id: z.string(),
        object: z.literal('response.compaction'),
        output: z.array(item).min(1),
        created_at: z.int(),
        usage,
      }),
      document,
    );
    assert.ok(document.output.some((each: Json) => each.type === 'compaction'));
  });

  it('refuses a compaction without a model', async () => {
    const answer = await yumen.post('/v1/responses/compact', { input: [said('user', 'Compact this.')] });
    assert.equal(answer.status, 400);
  });

  it('takes the compacted conversation as the start of a new chain on a connection', async () => {
    const parts = (kind: string, told: string) => [{ type: kind, text: told }];
    const { output } = await compact({
      input: [
        { ...said('user', ''), content: parts('input_text', 'Remember the compaction code word: slate.') },
        { ...said('assistant', ''), content: parts('output_text', 'OK.') },
        { ...said('user', ''), content: parts('input_text', 'Compress this conversation for later.') },
      ],
    });
    const [turn] = await turns([
      { model, store: false, tools: [], input: [...output, said('user', 'Reply with exactly: compacted')] },
    ]);
    assert.equal(completed(turn!).status, 'completed');
  });

  async function turns(steps: Parameters<typeof openTurns>[1]): Promise<TurnSeen[]> {
    const seen = await openTurns(yumen, steps);
    for (const { messages } of seen) {
      for (const each of messages) check(each.type === 'error' ? socketError : event, each);
    }
    return seen;
  }
}

function said(role: string, content: string) {
  return { type: 'message', role, content };
}

function completed(turn: TurnSeen): Json {
  const last = turn.messages.at(-1);
  assert.equal(last?.type, 'response.completed', JSON.stringify(last));
  return last.response;
}

function errorCode(turn: TurnSeen): string {
  assert.equal(turn.messages.length, 1, String(turn.messages.at(-1)?.type));
  return turn.messages[0].error?.code;
}

function check(schema: z.ZodType, value: unknown): void {
  const { error } = schema.safeParse(value);
  assert.equal(error, undefined, error && `${z.prettifyError(error)}\n${JSON.stringify(value)}`);
}
