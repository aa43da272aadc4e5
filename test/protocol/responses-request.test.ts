import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChatRequest,
  type DialectName,
  dialects,
  type EncodedRequest,
  type EncodeTarget,
  GatewayError,
  type JsonObject,
  type Part,
} from '../../src/protocol/index.ts';

const responses = dialects['openai-responses'];
const target: EncodeTarget = {
  model: 'up',
  defaultMaxOutputTokens: 4096,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
};

function decode(fields: JsonObject, dialect: DialectName = 'openai-responses'): ChatRequest {
  const body = { model: 'auto', ...(dialect === 'openai-responses' ? { input: 'Hello' } : {}), ...fields };
  return dialects[dialect].decodeRequest(body, Buffer.from(JSON.stringify(body)));
}

function translate(
  from: DialectName,
  to: DialectName,
  fields: JsonObject,
  changes: Partial<EncodeTarget> = {},
): EncodedRequest {
  const { body, dropped } = dialects[to].encodeRequest(decode(fields, from), { ...target, ...changes });
  return { body: JSON.parse(JSON.stringify(body)) as JsonObject, dropped };
}

const user = { role: 'user', content: 'Hello' };
const asked = { type: 'message', role: 'user', content: 'Hello' };

describe('Responses, decodeRequest()', () => {
  const refused: [string, JsonObject, RegExp][] = [
    ['model', { model: '' }, /route/],
    ['input', { input: null }, /string/],
    ['input', { input: [] }, /at least one item/],
    ['input', { input: 7 }, /array of items/],
    ['input[0]', { input: ['x'] }, /object/],
    ['input[0].type', { input: [{ type: 3 }] }, /"message"/],
    ['input[0].role', { input: [{ role: 'robot', content: 'x' }] }, /"user"/],
    ['input[0].content', { input: [{ role: 'user', content: 3 }] }, /array of content parts/],
    ['input[0].content[0]', { input: [{ role: 'user', content: ['x'] }] }, /object/],
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, /string/],
    [
      'input[0].content[0].image_url',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'ftp://x' }] }] },
      /URL/,
    ],
    [
      'input[0].content[0].file_data',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:x' }] }] },
      /base64/,
    ],
    ['input[0].name', { input: [{ type: 'function_call', call_id: 'c' }] }, /non-empty/],
    ['input[0].call_id', { input: [{ type: 'function_call', name: 'f' }] }, /non-empty/],
    ['input[0].call_id', { input: [{ type: 'function_call_output', output: 'x' }] }, /function_call/],
    ['instructions', { instructions: ['x'] }, /string/],
    ['tools[0].name', { tools: [{ type: 'function' }] }, /non-empty/],
    ['tools[0].type', { tools: [{ name: 'f' }] }, /"function"/],
    ['tool_choice', { tool_choice: 'sometimes' }, /"auto"/],
    ['tool_choice.name', { tool_choice: { type: 'function' } }, /one of the tools/],
    ['tool_choice.tools', { tool_choice: { type: 'allowed_tools' } }, /array/],
    ['text.format.type', { text: { format: { type: 'xml' } } }, /json_schema/],
    ['reasoning.effort', { reasoning: { effort: 3 } }, /string/],
    ['max_output_tokens', { max_output_tokens: 0 }, /at least 1/],
    ['background', { background: true }, /left out/],
  ];
  for (const [param, fields, message] of refused) {
    it(`refuses ${JSON.stringify(fields)}, naming ${param}`, () => {
      assert.throws(
        () => decode(fields),
        (thrown) =>
          thrown instanceof GatewayError &&
          thrown.code === 'invalid_request' &&
          thrown.param === param &&
          thrown.message.startsWith(param) &&
          message.test(thrown.message),
      );
    });
  }

  it('reads a string as what the user says, after the instructions', () => {
    assert.deepEqual(decode({ instructions: 'Be brief.' }).messages, [
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
    ]);
  });

  it('reads every item, and puts what one turn of the model brought into one message', () => {
    const shell = { type: 'local_shell_call', id: 'ls_1' };
    const { messages } = decode({
      input: [
        { role: 'developer', content: 'D' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look' },
            { type: 'input_image', image_url: 'https://example.test/a.png', detail: 'low' },
            { type: 'input_image', file_id: 'file_1' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'JVBERi0=' },
            { type: 'input_file', file_url: 'https://example.test/b.pdf' },
          ],
        },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [
            { type: 'summary_text', text: 'A' },
            { type: 'summary_text', text: 'B' },
          ],
          encrypted_content: 'gAAA',
        },
        {
          type: 'message',
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'I call.' },
            { type: 'refusal', refusal: 'No.' },
          ],
        },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call', call_id: 'c2', name: 'g', namespace: 'crm', arguments: '' },
        shell,
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        {
          type: 'function_call_output',
          call_id: 'c2',
          output: [
            { type: 'input_text', text: 'two' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBO' },
          ],
        },
        { role: 'assistant', content: 'First.' },
        { role: 'assistant', content: 'Second.' },
      ],
    });
    const text = (said: string): Part => ({ type: 'text', text: said });
    assert.deepEqual(JSON.parse(JSON.stringify(messages)), [
      { role: 'system', parts: [text('D')] },
      {
        role: 'user',
        parts: [
          text('Look'),
          { type: 'image', source: { kind: 'url', url: 'https://example.test/a.png' }, detail: 'low' },
          { type: 'other', kind: 'input_image', raw: { type: 'input_image', file_id: 'file_1' } },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
            name: 'a.pdf',
          },
          { type: 'document', source: { kind: 'url', url: 'https://example.test/b.pdf' } },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'A\n\nB', signature: 'openai-responses:rs_1:gAAA' },
          text('I call.'),
          { type: 'refusal', text: 'No.' },
          { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1}' },
          { type: 'tool-call', id: 'c2', name: 'crm__g', arguments: '' },
          { type: 'other', kind: 'local_shell_call', raw: shell },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'c1', parts: [text('one')], isError: false }] },
      {
        role: 'tool',
        parts: [
          {
            type: 'tool-result',
            callId: 'c2',
            parts: [
              text('two'),
              { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' } },
            ],
            isError: false,
          },
        ],
      },
      { role: 'assistant', parts: [text('First.')] },
      { role: 'assistant', parts: [text('Second.')] },
    ]);
  });

  it('reads tools, and offers only those that the choice allows', () => {
    const { tools, toolChoice } = decode({
      tools: [
        { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: true },
        { type: 'function', name: 'g', strict: false },
        { type: 'namespace', name: 'crm', description: 'C', tools: [{ type: 'function', name: 'find' }] },
        { type: 'web_search' },
        { type: 'mcp', server_label: 'wiki' },
      ],
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'function', name: 'find', namespace: 'crm' },
          { type: 'web_search' },
          { type: 'mcp', server_label: 'wiki' },
        ],
      },
    });
    assert.equal(toolChoice, 'required');
    assert.deepEqual(
      tools.map(({ name, strict, native }) => [name, strict, native !== undefined]),
      [
        ['f', true, false],
        ['crm__find', undefined, false],
        ['web_search', undefined, true],
        ['wiki', undefined, true],
      ],
    );
  });

  it('reads formats, thinking, limits and users', () => {
    const request = decode({
      text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' }, strict: true } },
      reasoning: { effort: 'high', summary: 'auto' },
      max_output_tokens: 50,
      temperature: 0,
      top_p: 0.5,
      parallel_tool_calls: false,
      user: 'u',
      safety_identifier: 's',
      models: ['b'],
    });
    assert.deepEqual(request.responseFormat, {
      type: 'json-schema',
      name: 'a',
      schema: { type: 'object' },
      strict: true,
    });
    assert.deepEqual(request.reasoning, { enabled: true, effort: 'high', budgetTokens: undefined });
    assert.deepEqual(request.sampling, { temperature: 0, topP: 0.5, maxOutputTokens: 50 });
    assert.deepEqual([request.parallelToolCalls, request.user, request.fallbackModels], [false, 's', ['b']]);
    assert.equal(request.wantsStreamUsage, true);
    assert.equal(decode({ reasoning: { summary: 'auto' } }).reasoning, undefined);
    assert.deepEqual(decode({ text: { format: { type: 'json_object' } } }).responseFormat, {
      type: 'json-object',
    });
  });

  const leaning: [string, JsonObject][] = [
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1', input: null }],
    ['prompt', { prompt: { id: 'p' }, input: null }],
    ['input[1]', { input: [user, { type: 'item_reference', id: 'rs_1' }] }],
    ['input[0]', { input: [{ type: 'compaction', encrypted_content: 'x' }, user] }],
  ];
  for (const [param, fields] of leaning) {
    it(`reads ${JSON.stringify(fields)}, and says how it is refused elsewhere`, () => {
      const { ownDialectOnly } = decode(fields);
      assert.equal(ownDialectOnly?.param, param);
      assert.equal(ownDialectOnly?.status, 400);
    });
  }

  it('accepts null and unknown fields anywhere', () => {
    const request = decode({
      instructions: null,
      tools: null,
      tool_choice: null,
      text: null,
      reasoning: null,
      previous_response_id: null,
      conversation: null,
      background: null,
      unknown: { a: 1 },
    });
    assert.equal(request.ownDialectOnly, undefined);
  });
});

describe('a request for a Responses upstream', () => {
  function check(
    name: string,
    from: DialectName,
    fields: JsonObject,
    expected: JsonObject,
    dropped: string[] = [],
    changes: Partial<EncodeTarget> = {},
  ): void {
    it(name, () => {
      const common = from === 'anthropic-messages' ? { max_tokens: 100 } : {};
      const encoded = translate(
        from,
        'openai-responses',
        { messages: [user], ...common, ...fields },
        changes,
      );
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(encoded.body[key], value, key);
      assert.deepEqual(encoded.dropped.toSorted(), dropped.toSorted());
    });
  }

  const thinks: Partial<EncodeTarget> = { reasoningControl: 'reasoning_effort' };

  check(
    'leaves nothing at the vendor',
    'openai-chat',
    {},
    {
      model: 'up',
      input: [asked],
      store: false,
      include: undefined,
      reasoning: undefined,
      max_output_tokens: undefined,
    },
  );
  check(
    'has system text at the start as instructions, later ones in their place',
    'openai-chat',
    {
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: 'B' },
        user,
        { role: 'system', content: 'C' },
      ],
    },
    { instructions: 'A\n\nB', input: [asked, { type: 'message', role: 'system', content: 'C' }] },
  );
  check(
    'says instructions that stand alone',
    'openai-chat',
    { messages: [{ role: 'system', content: 'A' }] },
    {
      instructions: undefined,
      input: [{ type: 'message', role: 'system', content: 'A' }],
    },
  );
  check(
    'asks for the thinking of models that think, encrypted',
    'openai-chat',
    { reasoning_effort: 'low' },
    { include: ['reasoning.encrypted_content'], reasoning: { effort: 'low' } },
    [],
    thinks,
  );
  check(
    'asks for a summary where the client shows thinking',
    'anthropic-messages',
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    { reasoning: { effort: 'low', summary: 'auto' } },
    [],
    thinks,
  );
  check(
    'says that thinking was not carried to a model without it',
    'openai-chat',
    { reasoning_effort: 'low' },
    { reasoning: undefined, include: undefined },
    ['reasoning_effort'],
  );
  check(
    'pairs calls and results, with ids it accepts, and says a failed tool in words',
    'anthropic-messages',
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I call.' },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
            { type: 'tool_use', id: 'x'.repeat(70), name: 'g', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'broken', is_error: true },
            {
              type: 'tool_result',
              tool_use_id: 'x'.repeat(70),
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } }],
            },
          ],
        },
      ],
    },
    {
      input: [
        asked,
        { type: 'message', role: 'assistant', content: 'I call.' },
        { type: 'function_call', call_id: 'toolu_1', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call', call_id: 'call_c71bd109227e23434ecf71fd', name: 'g', arguments: '{}' },
        { type: 'function_call_output', call_id: 'toolu_1', output: 'Error: broken' },
        {
          type: 'function_call_output',
          call_id: 'call_c71bd109227e23434ecf71fd',
          output: [{ type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'auto' }],
        },
      ],
    },
  );
  check(
    'carries files, and refusals as refusals',
    'openai-chat',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Read' },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
            { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,SGk=' } },
          ],
        },
        { role: 'assistant', content: null, refusal: 'No.' },
        user,
      ],
    },
    {
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Read' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
            { type: 'input_text', text: 'a.txt:\nHi' },
          ],
        },
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'refusal', refusal: 'No.' }],
        },
        asked,
      ],
    },
  );
  check(
    'sends no thinking that another dialect signed',
    'anthropic-messages',
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
            { type: 'redacted_thinking', data: 'ZGF0' },
            { type: 'text', text: 'Hi' },
          ],
        },
        user,
      ],
    },
    { input: [asked, { type: 'message', role: 'assistant', content: 'Hi' }, asked] },
    ['messages.content.thinking'],
  );
  check(
    'sends thinking of its own back to it, through a client of another dialect',
    'anthropic-messages',
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'openai-responses:rs_1%3Aa:gAAA:b' },
            { type: 'text', text: 'Hi' },
          ],
        },
        user,
      ],
    },
    {
      input: [
        asked,
        {
          type: 'reasoning',
          id: 'rs_1:a',
          summary: [{ type: 'summary_text', text: 'Hm' }],
          encrypted_content: 'gAAA:b',
        },
        { type: 'message', role: 'assistant', content: 'Hi' },
        asked,
      ],
    },
  );
  check(
    'sends thinking as text where the model needs it back',
    'openai-chat',
    { messages: [user, { role: 'assistant', content: 'Hi', reasoning_content: 'Hm' }, user] },
    {
      input: [
        asked,
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [],
          content: [{ type: 'reasoning_text', text: 'Hm' }],
        },
        { type: 'message', role: 'assistant', content: 'Hi' },
        asked,
      ],
    },
    [],
    { reasoningEcho: 'all' },
  );
  check(
    'says strict of every tool, because silence would mean yes',
    'openai-chat',
    {
      tools: [
        { type: 'function', function: { name: 'f', description: 'F' } },
        { type: 'function', function: { name: 'g', strict: true } },
        { type: 'custom', custom: { name: 'h' } },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
    },
    {
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'F',
          parameters: { type: 'object', properties: {} },
          strict: false,
        },
        { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: true },
      ],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
    },
    ['tools.custom'],
  );
  check(
    'names what the format has no place for, and raises a limit that the vendor refuses',
    'openai-chat',
    { stop: ['x'], seed: 1, presence_penalty: 1, top_k: 3, logit_bias: { 1: 1 }, max_tokens: 5 },
    { max_output_tokens: 16, stop: undefined },
    ['stop', 'seed', 'presence_penalty', 'top_k', 'logit_bias'],
  );

  const closed = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const format = { type: 'json_schema', json_schema: { name: 'a', schema: closed } };
  check(
    'holds to a schema, strictly where it can',
    'openai-chat',
    { response_format: format },
    {
      text: { format: { type: 'json_schema', name: 'a', schema: closed, strict: true } },
    },
  );
  it('asks for a schema in words where the upstream cannot be held to it', () => {
    const { body, dropped } = translate(
      'openai-chat',
      'openai-responses',
      { messages: [user], response_format: format },
      { jsonSchema: false },
    );
    assert.deepEqual(body['text'], { format: { type: 'json_object' } });
    assert.match(String(body['instructions']), /JSON Schema/);
    assert.deepEqual(dropped, ['response_format']);
  });
});

describe('a Responses request for other upstreams', () => {
  it('goes to chat completions as messages', () => {
    const { body, dropped } = translate('openai-responses', 'openai-chat', {
      instructions: 'A',
      input: [
        user,
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'function_call', call_id: 'c2', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: '1' },
        { type: 'function_call_output', call_id: 'c2', output: '2' },
      ],
      text: { format: { type: 'text' }, verbosity: 'low' },
      store: true,
      truncation: 'disabled',
    });
    const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    assert.deepEqual(body['messages'], [
      { role: 'system', content: 'A' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: null, tool_calls: [call('c1'), call('c2')] },
      { role: 'tool', tool_call_id: 'c1', content: '1' },
      { role: 'tool', tool_call_id: 'c2', content: '2' },
    ]);
    assert.deepEqual(dropped.toSorted(), ['store', 'text.verbosity']);
  });

  it('carries the signature of another dialect through its own encrypted content, and back', () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'Hm', signature: 'c2ln' },
      { type: 'redacted-reasoning', data: 'ZGF0' },
      { type: 'text', text: 'Hi' },
    ];
    const answer = {
      id: 'x',
      model: 'm',
      parts,
      finish: { unified: 'stop', raw: undefined },
      usage: undefined,
    };
    const identity = { requestId: 'req_01', model: 'm', createdAtSeconds: 1, includeUsage: true };
    const { output } = responses.encodeAnswer(answer as never, identity);
    const { body } = translate('openai-responses', 'anthropic-messages', {
      input: [user, ...(output as JsonObject[]), user],
    });
    assert.deepEqual((body['messages'] as JsonObject[])[1], {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0' },
        { type: 'text', text: 'Hi' },
      ],
    });
    const request = decode({ input: [user, ...(output as JsonObject[]), user] });
    const { edits, dropped } = responses.passEdits(request, { ...target, model: 'auto' });
    assert.deepEqual(edits, { input: [user, (output as JsonObject[]).at(-1), user] });
    assert.deepEqual(dropped, ['input.reasoning']);
  });
});

describe('Responses, passEdits()', () => {
  it('changes the model, our own extra and nothing else', () => {
    const reasoning = { type: 'reasoning', id: 'rs_0a', summary: [], encrypted_content: 'gAAA' };
    const request = decode({ models: ['b'], input: [user, reasoning] });
    const { edits, hidesUsage, dropped } = responses.passEdits(request, target);
    assert.deepEqual(edits, { model: 'up', models: undefined });
    assert.deepEqual([hidesUsage, dropped], [false, []]);
  });

  it('puts the limit and the effort that were decided on in the place of the client’s', () => {
    const request = decode({
      model: 'up',
      reasoning: { effort: 'high', summary: 'auto' },
      max_output_tokens: 9,
    });
    const limited = { ...request, sampling: { ...request.sampling, maxOutputTokens: 7 } };
    const { edits } = responses.passEdits(limited, {
      ...target,
      reasoningControl: 'reasoning_effort',
      reasoning: { enabled: true, effort: 'low' },
    });
    assert.deepEqual(edits, { max_output_tokens: 7, reasoning: { effort: 'low', summary: 'auto' } });
  });
});

describe('Responses, passThoughts()', () => {
  const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'c1', output: '1' };
  const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
  const signature = 'openai-responses:rs_1:gAAA';
  const remembers = (isForeign: boolean) => ({
    before: (callId: string): Part[] | undefined =>
      callId === 'c1' ? [{ type: 'reasoning', text: '', signature }] : undefined,
    isForeign: (given: string) => isForeign && given === signature,
  });
  const pass = (input: unknown, isForeign = false) =>
    responses.passThoughts!({ input }, remembers(isForeign), target);

  it('puts back the thought that led to a call, once a turn', () => {
    assert.deepEqual(pass([user, call, { ...call, call_id: 'c2' }, output]), {
      input: [user, thought, call, { ...call, call_id: 'c2' }, output],
    });
  });

  it('leaves a turn alone whose thought is there', () => {
    const said = { role: 'assistant', content: 'I call.' };
    assert.deepEqual(pass([user, thought, said, call, output]), {});
    assert.deepEqual(pass([user, { type: 'item_reference', id: 'rs_1' }, call, output]), {});
    assert.deepEqual(pass([user, { ...call, call_id: 'c9' }]), {});
    assert.deepEqual(pass('Hello'), {});
  });

  it('takes out the thought that another maker encrypted', () => {
    const unknown = remembers(true);
    const forgets = { ...unknown, before: () => undefined };
    assert.deepEqual(responses.passThoughts!({ input: [user, thought, call, output] }, forgets, target), {
      input: [user, call, output],
    });
  });
});
