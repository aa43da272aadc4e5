import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChatRequest,
  type DialectName,
  dialects,
  GatewayError,
  type JsonObject,
} from '../../src/protocol/index.ts';

function decode(dialect: DialectName, body: JsonObject): ChatRequest {
  return dialects[dialect].decodeRequest(body, Buffer.from(JSON.stringify(body)));
}

function refusal(dialect: DialectName, body: JsonObject): GatewayError {
  try {
    decode(dialect, body);
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown));
    assert.equal(thrown.code, 'invalid_request');
    assert.equal(thrown.status, 400);
    return thrown;
  }
  return assert.fail('was accepted');
}

type Refused = [string, JsonObject, RegExp];

function refuses(dialect: DialectName, valid: JsonObject, cases: Refused[]): void {
  for (const [param, change, message] of cases) {
    it(`refuses ${JSON.stringify(change)}, naming ${param}`, () => {
      const error = refusal(dialect, { ...valid, ...change });
      assert.equal(error.param, param);
      assert.ok(error.message.startsWith(param), error.message);
      assert.match(error.message, message);
    });
  }
}

const chat: JsonObject = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }] };
const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });

describe('chat completions, decodeRequest()', () => {
  refuses('openai-chat', chat, [
    ['model', { model: undefined }, /must name a route/],
    ['model', { model: 7 }, /non-empty string/],
    ['messages', { messages: undefined }, /at least one message/],
    ['messages', { messages: [] }, /at least one message/],
    ['messages', { messages: 'Hello' }, /array/],
    ['messages[0]', { messages: ['Hello'] }, /object with role and content/],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }, /"system", "developer", "user"/],
    ['messages[0].content', { messages: [{ role: 'user' }] }, /string or an array/],
    ['messages[0].content[0].type', said([{}]), /string such as "text"/],
    ['messages[0].content[0].text', said([{ type: 'text' }]), /string/],
    [
      'messages[0].content[0].image_url.url',
      said([{ type: 'image_url', image_url: { url: 'ftp://x' } }]),
      /http\(s\) URL or a data:/,
    ],
    [
      'messages[0].content[0].image_url.url',
      said([{ type: 'image_url', image_url: { url: 'data:image/png,raw' } }]),
      /base64/,
    ],
    [
      'messages[0].content[0].file.file_data',
      said([{ type: 'file', file: { file_data: 'data:application/pdf,raw' } }]),
      /base64/,
    ],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }, /id of the tool call/],
    [
      'messages[0].tool_calls[0].function.name',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: {} }] }] },
      /non-empty string/,
    ],
    ['temperature', { temperature: 2.1 }, /from 0 to 2/],
    ['temperature', { temperature: 'hot' }, /number/],
    ['top_p', { top_p: -1 }, /from 0 to 1/],
    ['max_tokens', { max_tokens: 0 }, /at least 1/],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }, /whole number/],
    ['stop', { stop: 7 }, /string or an array of strings/],
    ['stream', { stream: 'yes' }, /true or false/],
    ['tools', { tools: {} }, /array/],
    ['tools[0].function', { tools: [{ type: 'function' }] }, /name, description and parameters/],
    ['tools[1].function.name', { tools: [{ function: { name: 'a' } }, { function: {} }] }, /non-empty/],
    ['tools[0].function.parameters', { tools: [{ function: { name: 'a', parameters: 'x' } }] }, /object/],
    ['tool_choice', { tool_choice: 'sometimes' }, /"auto", "none", "required"/],
    ['tool_choice.function.name', { tool_choice: { type: 'function' } }, /one of the tools/],
    ['response_format.type', { response_format: { type: 'xml' } }, /"json_object"/],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }, /name and schema/],
    ['models[0]', { models: [7] }, /model name/],
    ['user', { user: 7 }, /string/],
  ]);

  it('accepts null and unknown fields anywhere', () => {
    const nulls = Object.fromEntries(
      ['tools', 'tool_choice', 'stop', 'temperature', 'max_tokens', 'stream', 'response_format'].map(
        (key) => [key, null],
      ),
    );
    const request = decode('openai-chat', { ...chat, ...nulls, my_field: { a: 1 } });
    assert.deepEqual([request.tools, request.sampling.stop, request.stream], [[], undefined, false]);
  });

  it('never quotes what the client wrote', () => {
    const error = refusal('openai-chat', {
      ...chat,
      messages: [{ role: 'correct horse', content: 'battery' }],
    });
    assert.doesNotMatch(error.message, /horse|battery/);
  });

  it('reads every part of a conversation', () => {
    const request = decode('openai-chat', {
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
      models: ['b', 'c/d'],
      safety_identifier: 'u1',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look', cache_control: { type: 'ephemeral' } },
            { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AAAA', detail: 'low' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'JVBERi0=' } },
            { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'Hm.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ],
    });
    assert.equal(request.wantsStreamUsage, true);
    assert.deepEqual(request.fallbackModels, ['b', 'c/d']);
    assert.equal(request.user, 'u1');
    assert.deepEqual(JSON.parse(JSON.stringify(request.messages)), [
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'Look', cacheControl: { type: 'ephemeral' } },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'low' },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
            name: 'a.pdf',
          },
          {
            type: 'other',
            kind: 'input_audio',
            raw: { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1}' },
        ],
      },
      {
        role: 'tool',
        parts: [{ type: 'tool-result', callId: 'c1', parts: [{ type: 'text', text: 'ok' }], isError: false }],
      },
    ]);
  });

  it('pairs calls and results without ids in order', () => {
    const call = { function: { name: 'f', arguments: '{}' } };
    const { messages } = decode('openai-chat', {
      ...chat,
      messages: [
        { role: 'assistant', tool_calls: [call, call] },
        { role: 'tool', content: 'a' },
        { role: 'tool', content: 'b' },
      ],
    });
    const calls = messages[0]!.parts.map((part) => part.type === 'tool-call' && part.id);
    const results = messages
      .slice(1)
      .map(({ parts }) => parts[0]!.type === 'tool-result' && parts[0]!.callId);
    assert.deepEqual(calls, results);
    assert.notEqual(calls[0], calls[1]);
  });

  const reasoning: [JsonObject, unknown][] = [
    [{}, undefined],
    [{ reasoning_effort: 'low' }, { effort: 'low', enabled: true }],
    [{ reasoning_effort: 'none' }, { effort: 'none', enabled: false }],
    [
      { reasoning: { effort: 'high', max_tokens: 2000 } },
      { effort: 'high', budgetTokens: 2000, enabled: true },
    ],
    [{ thinking: { type: 'disabled' } }, { enabled: false }],
    [{ thinking: { type: 'enabled', budget_tokens: 99 } }, { enabled: true, budgetTokens: 99 }],
    [
      { enable_thinking: true, thinking_budget: 500 },
      { enabled: true, budgetTokens: 500 },
    ],
    [{ enable_thinking: false }, { enabled: false }],
  ];
  for (const [fields, expected] of reasoning) {
    it(`reads ${JSON.stringify(fields)}`, () => {
      const asked = decode('openai-chat', { ...chat, ...fields }).reasoning;
      assert.deepEqual(asked === undefined ? undefined : JSON.parse(JSON.stringify(asked)), expected);
    });
  }

  const choices: [unknown, unknown, string[]][] = [
    ['auto', 'auto', ['a', 'b']],
    ['none', 'none', ['a', 'b']],
    ['required', 'required', ['a', 'b']],
    [{ type: 'function', function: { name: 'b' } }, { name: 'b' }, ['a', 'b']],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] },
      },
      'required',
      ['b'],
    ],
  ];
  for (const [toolChoice, expected, offered] of choices) {
    it(`reads tool_choice ${JSON.stringify(toolChoice)}`, () => {
      const tools = ['a', 'b'].map((name) => ({ type: 'function', function: { name } }));
      const request = decode('openai-chat', { ...chat, tools, tool_choice: toolChoice });
      assert.deepEqual(request.toolChoice, expected);
      assert.deepEqual(
        request.tools.map(({ name }) => name),
        offered,
      );
    });
  }
});

const messagesBody: JsonObject = { ...chat, max_tokens: 100 };

describe('Messages, decodeRequest()', () => {
  refuses('anthropic-messages', messagesBody, [
    ['model', { model: '' }, /must name a route/],
    ['max_tokens', { max_tokens: undefined }, /is missing/],
    ['max_tokens', { max_tokens: 0 }, /at least 1/],
    ['messages', { messages: [] }, /at least one message/],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }, /"user" or "assistant"/],
    ['messages[0].content', { messages: [{ role: 'user' }] }, /content blocks/],
    ['messages[0].content[0]', said(['x']), /object with a type/],
    ['messages[0].content[0].source', said([{ type: 'image' }]), /type, and data or url/],
    [
      'messages[0].content[0].source.url',
      said([{ type: 'image', source: { type: 'url', url: 'file:///x' } }]),
      /http/,
    ],
    [
      'messages[0].content[0].source.media_type',
      said([{ type: 'image', source: { type: 'base64', data: 'AA' } }]),
      /string/,
    ],
    ['messages[0].content[0].tool_use_id', said([{ type: 'tool_result' }]), /tool_use block/],
    ['messages[0].content[0].input', said([{ type: 'tool_use', id: 'a', name: 'b', input: '{}' }]), /object/],
    ['system', { system: 7 }, /string or an array/],
    ['temperature', { temperature: 1.5 }, /from 0 to 1/],
    ['stop_sequences', { stop_sequences: 'x' }, /array/],
    ['stop_sequences', { stop_sequences: [1] }, /array of strings/],
    ['tools[0].name', { tools: [{ input_schema: {} }] }, /non-empty/],
    ['tools[0].input_schema', { tools: [{ name: 'a' }] }, /JSON Schema/],
    ['tool_choice', { tool_choice: 'auto' }, /object/],
    ['tool_choice.type', { tool_choice: { type: 'maybe' } }, /"any"/],
    ['tool_choice.name', { tool_choice: { type: 'tool' } }, /one of the tools/],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }, /is missing/],
    ['output_config.format', { output_config: { format: { type: 'json_schema' } } }, /schema object/],
    ['metadata.user_id', { metadata: { user_id: 7 } }, /string/],
  ]);

  it('reads what an agent sends: tools without a type, system blocks, results before text', () => {
    const request = decode('anthropic-messages', {
      ...messagesBody,
      system: [
        { type: 'text', text: 'A' },
        { type: 'text', text: 'B', cache_control: { type: 'ephemeral' } },
      ],
      tools: [
        { name: 'Bash', description: 'Runs', input_schema: { type: 'object' } },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
      metadata: { user_id: '{"device":"x"}' },
      context_management: { edits: [] },
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 's' },
            { type: 'thinking', thinking: 'unsigned', signature: '' },
            { type: 'redacted_thinking', data: 'd' },
            { type: 'tool_use', id: 't1', name: 'Bash', input: { c: 'ls' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Go on' },
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [{ type: 'text', text: 'x' }],
              is_error: true,
            },
          ],
        },
      ],
    });
    assert.equal(request.toolChoice, 'required');
    assert.equal(request.parallelToolCalls, false);
    assert.deepEqual(JSON.parse(JSON.stringify(request.reasoning)), { enabled: true, effort: 'high' });
    assert.equal(request.user, '{"device":"x"}');
    assert.equal(request.tools[1]!.native?.['type'], 'web_search_20250305');
    assert.deepEqual(JSON.parse(JSON.stringify(request.messages)), [
      {
        role: 'system',
        parts: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B', cacheControl: { type: 'ephemeral' } },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm.', signature: 's' },
          { type: 'reasoning', text: 'unsigned' },
          { type: 'redacted-reasoning', data: 'd' },
          { type: 'tool-call', id: 't1', name: 'Bash', arguments: '{"c":"ls"}' },
        ],
      },
      {
        role: 'tool',
        parts: [{ type: 'tool-result', callId: 't1', parts: [{ type: 'text', text: 'x' }], isError: true }],
      },
      { role: 'user', parts: [{ type: 'text', text: 'Go on' }] },
    ]);
  });
});
