import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type DialectName,
  dialects,
  type EncodedRequest,
  type EncodeTarget,
  type JsonObject,
} from '../../src/protocol/index.ts';

const target: EncodeTarget = {
  model: 'up',
  defaultMaxOutputTokens: 4096,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
};

function translate(
  from: DialectName,
  to: DialectName,
  body: JsonObject,
  changes: Partial<EncodeTarget> = {},
): EncodedRequest {
  const request = dialects[from].decodeRequest(body, Buffer.from(JSON.stringify(body)));
  const { body: encoded, dropped } = dialects[to].encodeRequest(request, { ...target, ...changes });
  return { body: JSON.parse(JSON.stringify(encoded)) as JsonObject, dropped };
}

const hello = [{ role: 'user', content: 'Hello' }];
const weather = { type: 'function', function: { name: 'weather', description: 'W', strict: true } };

function toMessages(fields: JsonObject, changes: Partial<EncodeTarget> = {}): EncodedRequest {
  return translate(
    'openai-chat',
    'anthropic-messages',
    { model: 'auto', messages: hello, ...fields },
    changes,
  );
}

function toChat(fields: JsonObject, changes: Partial<EncodeTarget> = {}): EncodedRequest {
  return translate(
    'anthropic-messages',
    'openai-chat',
    { model: 'auto', max_tokens: 100, messages: hello, ...fields },
    changes,
  );
}

describe('a chat request for a Messages upstream', () => {
  function check(
    name: string,
    fields: JsonObject,
    expected: JsonObject,
    dropped: string[] = [],
    changes = {},
  ): void {
    it(name, () => {
      const encoded = toMessages(fields, changes);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(encoded.body[key], value, key);
      assert.deepEqual(encoded.dropped.toSorted(), dropped.toSorted());
    });
  }

  check('gets a limit where the client has none', {}, { model: 'up', max_tokens: 4096, messages: hello });
  check('keeps the client’s limit', { max_completion_tokens: 7, max_tokens: 9 }, { max_tokens: 7 });
  check(
    'has the system text apart, wherever it stood',
    {
      messages: [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'x' },
        { role: 'developer', content: 'B' },
        { role: 'user', content: 'y' },
      ],
    },
    {
      system: 'A\n\nB',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'x' },
            { type: 'text', text: 'y' },
          ],
        },
      ],
    },
  );
  check(
    'says instructions as the user when there is nothing else',
    { messages: [{ role: 'system', content: 'A' }] },
    { system: undefined, messages: [{ role: 'user', content: 'A' }] },
  );
  check(
    'begins with a user turn and leaves out empty text',
    {
      messages: [
        { role: 'user', content: ' ' },
        { role: 'assistant', content: 'Hi ' },
      ],
    },
    {
      messages: [
        { role: 'user', content: '(The conversation continues.)' },
        { role: 'assistant', content: 'Hi' },
      ],
    },
  );
  check(
    'has every tool result at the start of the turn after its call, with ids it accepts',
    {
      tools: [weather],
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [
            {
              id: 'functions.weather:0',
              type: 'function',
              function: { name: 'weather', arguments: '{"c":"A"}' },
            },
            { id: 'c2', type: 'function', function: { name: 'weather', arguments: 'oops' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c2', content: '' },
        { role: 'user', content: 'and?' },
        { role: 'tool', tool_call_id: 'functions.weather:0', content: 'sunny' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'call_c8cf447133ca3362a9892ed9', name: 'weather', input: { c: 'A' } },
            { type: 'tool_use', id: 'c2', name: 'weather', input: { raw_arguments: 'oops' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c2', content: '' },
            { type: 'tool_result', tool_use_id: 'call_c8cf447133ca3362a9892ed9', content: 'sunny' },
            { type: 'text', text: 'and?' },
          ],
        },
      ],
    },
  );
  check(
    'declares the tools of its history where it offers none',
    {
      messages: [
        ...hello,
        { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'ok' },
      ],
    },
    {
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
    },
  );
  check(
    'has images and files as blocks',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://e.test/a.png' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
            { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,SGk=' } },
            { type: 'input_audio', input_audio: {} },
          ],
        },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'url', url: 'https://e.test/a.png' } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
              title: 'a.pdf',
            },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'Hi' },
              title: 'a.txt',
            },
          ],
        },
      ],
    },
    ['messages.content.input_audio'],
  );
  check(
    'has strict tools where the upstream can hold to a schema',
    { tools: [weather] },
    {
      tools: [
        {
          name: 'weather',
          description: 'W',
          input_schema: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
        },
      ],
    },
  );
  check('loses strictness where it cannot', { tools: [weather] }, {}, ['tools.function.strict'], {
    jsonSchema: false,
  });
  const tools = { tools: [{ type: 'function', function: { name: 'f' } }] };
  check('offers tools freely', { ...tools, tool_choice: 'auto' }, { tool_choice: { type: 'auto' } });
  check('demands a tool', { ...tools, tool_choice: 'required' }, { tool_choice: { type: 'any' } });
  check('forbids tools', { ...tools, tool_choice: 'none' }, { tool_choice: { type: 'none' } });
  check(
    'names a tool and one call at a time',
    { ...tools, tool_choice: { type: 'function', function: { name: 'f' } }, parallel_tool_calls: false },
    { tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } },
  );
  check(
    'says one call at a time alone',
    { ...tools, parallel_tool_calls: false },
    {
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    },
  );
  check('has no tool choice without tools', { tool_choice: 'auto' }, { tool_choice: undefined });
  const schema = {
    type: 'object',
    properties: {
      n: { type: 'integer', minimum: 1, description: 'How many' },
      minimum: { type: 'array', items: { type: 'object', properties: {} } },
    },
  };
  const format = {
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } },
  };
  check('is held to a schema, in the form the upstream takes', format, {
    output_config: {
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            n: { type: 'integer', description: 'How many (minimum: 1)' },
            minimum: {
              type: 'array',
              items: { type: 'object', properties: {}, additionalProperties: false },
            },
          },
          additionalProperties: false,
        },
      },
    },
  });
  it('asks for a schema in words where the upstream cannot be held to it', () => {
    const { body, dropped } = toMessages(format, { jsonSchema: false });
    assert.match(
      String(body['system']),
      /one JSON object and nothing else.*JSON Schema:\n\{"type":"object"/s,
    );
    assert.equal(body['output_config'], undefined);
    assert.deepEqual(dropped, ['response_format']);
  });
  it('asks for a JSON object in words', () => {
    const { body, dropped } = toMessages({ response_format: { type: 'json_object' } });
    assert.match(String(body['system']), /one JSON object and nothing else/);
    assert.deepEqual(dropped, ['response_format']);
  });
  check('carries stop sequences that it may', { stop: ['END', '\n'] }, { stop_sequences: ['END'] }, ['stop']);
  check('carries the user', { user: 'u' }, { metadata: { user_id: 'u' } });
  check(
    'names what it cannot carry',
    {
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      seed: 1,
      frequency_penalty: 0.5,
      logit_bias: { 5: 1 },
      temperature: 1.5,
      metadata: { a: 'b' },
      'x\r\ny': 1,
    },
    { temperature: 1 },
    [
      'n',
      'logprobs',
      'top_logprobs',
      'seed',
      'frequency_penalty',
      'logit_bias',
      'temperature',
      'metadata',
      'x__y',
    ],
  );
  check(
    'does not name defaults',
    { n: 1, logprobs: false, store: false, presence_penalty: 0, logit_bias: null },
    {},
  );
  check(
    'takes one of temperature and top_p',
    { temperature: 0.2, top_p: 0.5 },
    { temperature: 0.2, top_p: undefined },
    ['top_p'],
  );
  check('asks for the stream', { stream: true, stream_options: { include_usage: true } }, { stream: true });

  const thinking = { reasoningControl: 'thinking' as const };
  check(
    'turns an effort into a thinking budget',
    { reasoning_effort: 'low', max_tokens: 8000, temperature: 0.5 },
    { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 8000, temperature: undefined },
    ['temperature'],
    thinking,
  );
  check(
    'leaves room for the answer',
    { reasoning_effort: 'high', max_tokens: 4000 },
    { thinking: { type: 'enabled', budget_tokens: 3200 } },
    [],
    thinking,
  );
  check(
    'does not think where nothing would be left',
    { reasoning_effort: 'high', max_tokens: 1000 },
    { thinking: undefined },
    ['reasoning_effort'],
    thinking,
  );
  check(
    'does not think where a tool is forced',
    { ...tools, tool_choice: 'required', reasoning_effort: 'low' },
    { thinking: undefined },
    ['reasoning_effort'],
    thinking,
  );
  check(
    'does not think in a tool loop whose thinking the client did not keep',
    {
      ...tools,
      reasoning_effort: 'low',
      messages: [
        ...hello,
        { role: 'assistant', reasoning_content: 'Hm', tool_calls: [{ id: 'c', function: { name: 'f' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'ok' },
      ],
    },
    { thinking: undefined },
    ['reasoning_effort', 'messages.reasoning_content'],
    thinking,
  );
  it('sends signed thinking back that the client kept', () => {
    const { body } = toMessages(
      {
        ...tools,
        reasoning_effort: 'low',
        messages: [
          ...hello,
          {
            role: 'assistant',
            reasoning_content: 'Hm',
            reasoning_details: [
              { type: 'reasoning.text', text: 'Hm', signature: 's' },
              { type: 'reasoning.encrypted', data: 'd' },
            ],
            tool_calls: [{ id: 'c', function: { name: 'f' } }],
          },
          { role: 'tool', tool_call_id: 'c', content: 'ok' },
        ],
      },
      thinking,
    );
    assert.deepEqual(body['thinking'], { type: 'enabled', budget_tokens: 2048 });
    assert.deepEqual((body['messages'] as { content: unknown[] }[])[1]!.content.slice(0, 2), [
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
    ]);
  });
  const adaptive = { reasoningControl: 'adaptive-thinking' as const };
  check(
    'thinks adaptively',
    { reasoning_effort: 'high' },
    {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    },
    [],
    adaptive,
  );
  check(
    'takes the nearest effort the model has',
    { reasoning_effort: 'xhigh' },
    { output_config: { effort: 'high' } },
    [],
    adaptive,
  );
  check(
    'switches thinking off',
    { reasoning_effort: 'none' },
    { thinking: { type: 'disabled' } },
    [],
    adaptive,
  );
  check('cannot think where the model does not', { reasoning_effort: 'low' }, { thinking: undefined }, [
    'reasoning_effort',
  ]);
});

describe('a Messages request for a chat upstream', () => {
  function check(
    name: string,
    fields: JsonObject,
    expected: JsonObject,
    dropped: string[] = [],
    changes = {},
  ): void {
    it(name, () => {
      const encoded = toChat(fields, changes);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(encoded.body[key], value, key);
      assert.deepEqual(encoded.dropped.toSorted(), dropped.toSorted());
    });
  }

  check(
    'names the limit as the upstream does',
    {},
    { max_completion_tokens: 100, max_tokens: undefined },
    [],
    {
      maxTokensField: 'max_completion_tokens',
    },
  );
  check(
    'has one system message of plain text',
    {
      system: [
        { type: 'text', text: 'A' },
        { type: 'text', text: 'B', cache_control: { type: 'ephemeral' } },
      ],
    },
    { messages: [{ role: 'system', content: 'A\n\nB' }, ...hello] },
    ['cache_control'],
  );
  check(
    'has tool messages right after the calls, images of results behind them, and failures in words',
    {
      messages: [
        ...hello,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Now' },
            { type: 'tool_use', id: 'chatcmpl-tool-5ac885d9b1b54a66b11f014a1ecb5b9d', name: 'f', input: {} },
            { type: 'tool_use', id: 'b', name: 'g', input: { x: [1] } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'chatcmpl-tool-5ac885d9b1b54a66b11f014a1ecb5b9d',
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
            },
            { type: 'tool_result', tool_use_id: 'b', content: 'no such file', is_error: true },
            { type: 'text', text: 'Go on' },
          ],
        },
      ],
    },
    {
      messages: [
        ...hello,
        {
          role: 'assistant',
          content: 'Now',
          tool_calls: [
            {
              id: 'call_38a605e4bfb642b13fd143e2',
              type: 'function',
              function: { name: 'f', arguments: '{}' },
            },
            { id: 'b', type: 'function', function: { name: 'g', arguments: '{"x":[1]}' } },
          ],
        },
        {
          role: 'tool',
          tool_call_id: 'call_38a605e4bfb642b13fd143e2',
          content: 'The result is an image; it follows in the next user message.',
        },
        { role: 'tool', tool_call_id: 'b', content: 'Error: no such file' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Images of the tool result call_38a605e4bfb642b13fd143e2:' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        { role: 'user', content: 'Go on' },
      ],
    },
  );
  check(
    'has images and documents as parts',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'url', url: 'https://e.test/a.png' } },
            {
              type: 'document',
              title: 'T',
              source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
            },
            { type: 'document', title: 'N', source: { type: 'text', media_type: 'text/plain', data: 'Hi' } },
            { type: 'document', source: { type: 'url', url: 'https://e.test/a.pdf' } },
            { type: 'document', source: { type: 'file', file_id: 'f' } },
          ],
        },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://e.test/a.png' } },
            { type: 'file', file: { filename: 'T', file_data: 'data:application/pdf;base64,BBBB' } },
            { type: 'text', text: 'N:\nHi' },
          ],
        },
      ],
    },
    ['messages.content.document.source.url', 'messages.content.document'],
  );
  check(
    'has function tools and every choice',
    {
      tools: [
        { name: 'f', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
        { type: 'custom', name: 'g', description: 'G', input_schema: { type: 'object', properties: {} } },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'tool', name: 'g', disable_parallel_tool_use: true },
    },
    {
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
        {
          type: 'function',
          function: { name: 'g', description: 'G', parameters: { type: 'object', properties: {} } },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'g' } },
      parallel_tool_calls: false,
    },
    ['cache_control', 'tools.web_search_20250305'],
  );
  const open = { type: 'object', properties: { a: { type: 'string' } } };
  const closed = { ...open, required: ['a'], additionalProperties: false };
  const format = (schema: JsonObject) => ({ output_config: { format: { type: 'json_schema', schema } } });
  check('is held strictly to a schema that allows it', format(closed), {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: closed, strict: true } },
  });
  check('is held loosely to another', format(open), {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: open, strict: false } },
  });
  it('asks for the schema in words, and for JSON by mode, where schemas are not understood', () => {
    const { body, dropped } = toChat({ system: 'S', ...format(closed) }, { jsonSchema: false });
    assert.deepEqual(body['response_format'], { type: 'json_object' });
    assert.match(
      String((body['messages'] as JsonObject[])[0]!['content']),
      /^S\n\nAnswer with one JSON object.*Schema/s,
    );
    assert.deepEqual(dropped, ['output_config.format']);
  });
  check(
    'always asks for usage in a stream',
    { stream: true },
    { stream: true, stream_options: { include_usage: true } },
  );
  check(
    'does not where the upstream refuses the option',
    { stream: true },
    { stream_options: undefined },
    [],
    {
      streamUsageOption: false,
    },
  );
  check(
    'carries four stop sequences',
    { stop_sequences: ['a', 'b', 'c', 'd', 'e'] },
    { stop: ['a', 'b', 'c', 'd'] },
    ['stop_sequences'],
  );
  it('carries a long user id as its digest', () => {
    const { body } = toChat({ metadata: { user_id: 'x'.repeat(100) } });
    assert.match(String(body['user']), /^[0-9a-f]{64}$/);
  });
  check('names what it cannot carry', { top_k: 5, context_management: { edits: [1] }, container: 'c' }, {}, [
    'top_k',
    'context_management',
    'container',
  ]);
  const thought = {
    messages: [
      ...hello,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 's' },
          { type: 'text', text: 'Yes' },
        ],
      },
      ...hello,
    ],
  };
  check(
    'sends past thinking where the vendor reads it',
    thought,
    {
      messages: [...hello, { role: 'assistant', content: 'Yes', reasoning_content: 'Hm' }, ...hello],
    },
    [],
    { reasoningControl: 'thinking' },
  );
  check(
    'and nowhere else',
    thought,
    { messages: [...hello, { role: 'assistant', content: 'Yes' }, ...hello] },
    ['messages.content.thinking'],
  );

  const budget = { thinking: { type: 'enabled', budget_tokens: 5000 } };
  const control = (reasoningControl: EncodeTarget['reasoningControl'], reasoningEfforts?: string[]) => ({
    reasoningControl,
    reasoningEfforts,
  });
  check(
    'turns a budget into an effort',
    budget,
    { reasoning_effort: 'medium' },
    [],
    control('reasoning_effort'),
  );
  check(
    'carries an effort',
    { output_config: { effort: 'max' } },
    { reasoning_effort: 'high' },
    [],
    control('reasoning_effort'),
  );
  check(
    'switches off by effort where that is a word',
    { thinking: { type: 'disabled' } },
    { reasoning_effort: 'none' },
    [],
    control('reasoning_effort', ['none', 'low']),
  );
  check(
    'says so where thinking cannot be switched off',
    { thinking: { type: 'disabled' } },
    { reasoning_effort: undefined },
    ['thinking'],
    control('reasoning_effort'),
  );
  check(
    'switches by an object',
    budget,
    { thinking: { type: 'enabled', budget_tokens: 5000 } },
    [],
    control('thinking'),
  );
  check(
    'switches by a boolean',
    budget,
    { enable_thinking: true, thinking_budget: 5000 },
    [],
    control('enable_thinking'),
  );
  check(
    'switches off by a boolean',
    { thinking: { type: 'disabled' } },
    { enable_thinking: false },
    [],
    control('enable_thinking'),
  );
  check(
    'does not ask a model that cannot think',
    budget,
    { reasoning_effort: undefined },
    ['thinking'],
    control('none'),
  );
});

describe('a request for an upstream of its own dialect', () => {
  it('keeps the fields and parts that only this dialect has', () => {
    const native = { type: 'custom', custom: { name: 'sql' } };
    const audio = { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } };
    const { body, dropped } = translate('openai-chat', 'openai-chat', {
      model: 'auto',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, audio] }],
      tools: [native],
      logprobs: true,
      n: 2,
    });
    assert.deepEqual(body, {
      model: 'up',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, audio] }],
      tools: [native],
      logprobs: true,
      n: 2,
    });
    assert.deepEqual(dropped, []);
  });
});
