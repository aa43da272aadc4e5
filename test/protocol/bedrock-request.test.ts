import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type ChatRequest,
  type DialectName,
  dialects,
  type EncodeTarget,
  type JsonObject,
  parseJsonBody,
  spliceTopLevel,
} from '../../src/protocol/index.ts';

const bedrock = dialects['bedrock-converse'];
const path = { model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', stream: true };
const target: EncodeTarget = {
  model: path.model,
  defaultMaxOutputTokens: 4096,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'thinking',
};

function decode(body: JsonObject, dialect: DialectName = 'bedrock-converse'): ChatRequest {
  const bytes = Buffer.from(JSON.stringify(body));
  return dialects[dialect].decodeRequest(parseJsonBody(bytes), bytes, path);
}

function user(...content: unknown[]): JsonObject {
  return { messages: [{ role: 'user', content }] };
}

const hi = { text: 'hi' };

describe('Converse, decodeRequest()', () => {
  it('takes model and stream from the path', () => {
    const request = decode(user(hi));
    assert.deepEqual([request.model, request.stream, request.wantsStreamUsage], [path.model, true, true]);
  });

  it('reads every kind of block', () => {
    const request = decode({
      system: [{ text: 'be kind' }, { cachePoint: { type: 'default' } }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'look' },
            { cachePoint: { type: 'default', ttl: '1h' } },
            { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
            { image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } },
            { document: { format: 'pdf', name: 'report', source: { bytes: 'BBBB' } } },
            { document: { name: 'notes', source: { text: 'abc' } } },
            { video: { format: 'mp4', source: { bytes: 'CCCC' } } },
            { guardContent: { text: { text: 'check me' } } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
            { reasoningContent: { redactedContent: 'DDDD' } },
            { toolUse: { toolUseId: 'a', name: 'f', input: { x: 1 } } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              toolResult: {
                toolUseId: 'a',
                status: 'error',
                content: [
                  { json: { ok: false } },
                  { text: 't' },
                  { image: { format: 'png', source: { bytes: 'E' } } },
                ],
              },
            },
            { cachePoint: { type: 'default' } },
            hi,
          ],
        },
      ],
    });
    const plain = JSON.parse(JSON.stringify(request.messages)) as unknown;
    assert.deepEqual(plain, [
      { role: 'system', parts: [{ type: 'text', text: 'be kind', cacheControl: { type: 'ephemeral' } }] },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'look', cacheControl: { type: 'ephemeral', ttl: '1h' } },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/jpeg', data: 'AAAA' } },
          {
            type: 'other',
            kind: 'image',
            raw: { image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } },
          },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'BBBB' },
            name: 'report.pdf',
          },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'text/plain', data: 'YWJj' },
            name: 'notes.txt',
          },
          { type: 'other', kind: 'video', raw: { video: { format: 'mp4', source: { bytes: 'CCCC' } } } },
          { type: 'other', kind: 'guardContent', raw: { guardContent: { text: { text: 'check me' } } } },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 's' },
          { type: 'redacted-reasoning', data: 'DDDD' },
          { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}' },
        ],
      },
      {
        role: 'tool',
        parts: [
          {
            type: 'tool-result',
            callId: 'a',
            parts: [
              { type: 'text', text: '{"ok":false}' },
              { type: 'text', text: 't' },
              { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'E' } },
            ],
            isError: true,
            cacheControl: { type: 'ephemeral' },
          },
        ],
      },
      { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
    ]);
  });

  it('reads settings, tools and a schema', () => {
    const request = decode({
      ...user(hi),
      inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['x'] },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'f',
              description: 'd',
              inputSchema: { json: { type: 'object' } },
              strict: true,
            },
          },
          { cachePoint: { type: 'default' } },
          { systemTool: { name: 'nova_grounding' } },
        ],
        toolChoice: { tool: { name: 'f' } },
      },
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'n', schema: '{"type":"object"}' } },
        },
      },
      requestMetadata: { user_id: 'u1' },
    });
    assert.deepEqual(request.sampling, {
      temperature: 0.5,
      topP: 0.9,
      topK: undefined,
      maxOutputTokens: 9,
      stop: ['x'],
    });
    assert.deepEqual(request.tools, [
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        strict: true,
        cacheControl: { type: 'ephemeral' },
      },
      { name: 'nova_grounding', parameters: {}, native: { systemTool: { name: 'nova_grounding' } } },
    ]);
    assert.deepEqual(request.toolChoice, { name: 'f' });
    assert.deepEqual(request.responseFormat, { type: 'json-schema', name: 'n', schema: { type: 'object' } });
    assert.equal(request.user, 'u1');
  });

  it('reads every way of asking for thinking', () => {
    const asked = (fields: JsonObject, rest: JsonObject = {}) =>
      JSON.parse(
        JSON.stringify(
          decode({ ...user(hi), ...rest, additionalModelRequestFields: fields }).reasoning ?? null,
        ),
      );
    assert.deepEqual(asked({ thinking: { type: 'enabled', budget_tokens: 2048 } }), {
      enabled: true,
      budgetTokens: 2048,
    });
    assert.deepEqual(asked({ reasoning_config: { type: 'disabled' } }), { enabled: false });
    assert.deepEqual(asked({ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }), {
      enabled: true,
      effort: 'max',
    });
    assert.deepEqual(asked({ reasoning_effort: 'low' }), { enabled: true, effort: 'low' });
    assert.deepEqual(asked({ reasoning: { effort: 'none' } }), { enabled: false, effort: 'none' });
    assert.deepEqual(asked({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }), {
      enabled: true,
      effort: 'high',
    });
    assert.deepEqual(asked({}, { outputConfig: { effort: 'high' } }), { effort: 'high' });
    assert.equal(asked({ anthropic_beta: ['x'] }), null);
  });

  it('names the field at fault and what would be right', () => {
    const refuses = (body: JsonObject, message: RegExp) =>
      assert.throws(() => decode(body), { code: 'invalid_request', message });
    refuses({}, /^messages must be an array/);
    refuses({ messages: [{ role: 'user', content: 'hi' }] }, /^messages\[0\]\.content must be an array/);
    refuses({ messages: [{ role: 'robot', content: [] }] }, /^messages\[0\]\.role must be "user" or/);
    refuses(user({}), /^messages\[0\]\.content\[0\] must have one key/);
    refuses(user({ text: 1 }), /^messages\[0\]\.content\[0\]\.text must be a string/);
    refuses(user({ image: { format: 'png' } }), /\.image\.source must be an object/);
    refuses(user({ image: { format: 'png', source: { bytes: { 0: 1 } } } }), /bytes must be the base64 text/);
    refuses(user({ toolUse: { name: 'f', input: {} } }), /toolUse\.toolUseId must be/);
    refuses(user({ toolResult: { content: [] } }), /toolResult\.toolUseId must be the id/);
    refuses(
      { ...user(hi), toolConfig: { tools: [{ toolSpec: { name: 'f' } }] } },
      /inputSchema\.json must be/,
    );
    refuses(
      { ...user(hi), toolConfig: { tools: [], toolChoice: { x: {} } } },
      /^toolConfig\.toolChoice must be/,
    );
    refuses({ ...user(hi), outputConfig: { textFormat: { type: 'json_schema' } } }, /written as a string/);
    refuses(
      { ...user(hi), inferenceConfig: { maxTokens: 0 } },
      /^inferenceConfig\.maxTokens must be a whole/,
    );
    const bytes = Buffer.from('{}');
    assert.throws(() => bedrock.decodeRequest(user(hi), bytes), { message: /name the model in the path/ });
  });
});

describe('Converse, encodeRequest()', () => {
  const encode = (body: JsonObject, changes: Partial<EncodeTarget> = {}, from: DialectName = 'openai-chat') =>
    bedrock.encodeRequest(decode(body, from), { ...target, ...changes });
  const chat = (messages: unknown[], rest: JsonObject = {}) => ({ model: 'm', messages, ...rest });
  const say = { role: 'user', content: 'hi' };

  it('names neither model nor stream in the body', () => {
    assert.deepEqual(encode(chat([say], { stream: true })).body, {
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
    });
  });

  it('makes turns alternate and puts the results of parallel calls together', () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{"x":1}' } });
    const { body, dropped } = encode(
      chat(
        [
          say,
          { role: 'user', content: 'there' },
          { role: 'assistant', content: ' ', tool_calls: [call('a:1'), call('b')] },
          { role: 'tool', tool_call_id: 'b', content: '' },
          { role: 'tool', tool_call_id: 'a:1', content: 'one' },
          say,
        ],
        { tools: [{ type: 'function', function: { name: 'f' } }] },
      ),
    );
    const messages = body['messages'] as { role: string; content: JsonObject[] }[];
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    const id = (messages[1]!.content[0]!['toolUse'] as JsonObject)['toolUseId'] as string;
    assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
    assert.deepEqual(messages[0]!.content, [{ text: 'hi' }, { text: 'there' }]);
    assert.deepEqual(messages[1]!.content, [
      { toolUse: { toolUseId: id, name: 'f', input: { x: 1 } } },
      { toolUse: { toolUseId: 'b', name: 'f', input: { x: 1 } } },
    ]);
    assert.deepEqual(messages[2]!.content, [
      { toolResult: { toolUseId: 'b', content: [{ text: '(The result is empty.)' }] } },
      { toolResult: { toolUseId: id, content: [{ text: 'one' }] } },
      { text: 'hi' },
    ]);
    assert.deepEqual(dropped, []);
  });

  it('begins with a user turn, and with one where only instructions came', () => {
    const first = (messages: unknown[]) =>
      (encode(chat(messages)).body['messages'] as { role: string; content: JsonObject[] }[])[0];
    assert.deepEqual(first([{ role: 'assistant', content: 'hello' }])?.role, 'user');
    assert.deepEqual(first([{ role: 'system', content: 'do it' }]), {
      role: 'user',
      content: [{ text: 'do it' }],
    });
  });

  it('declares the tools of a history whose client offers none any more, and says not to call them', () => {
    const history = [
      say,
      {
        role: 'assistant',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f.g', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const { body } = encode(chat(history));
    assert.deepEqual(body['toolConfig'], {
      tools: [{ toolSpec: { name: 'f_g', inputSchema: { json: { type: 'object', properties: {} } } } }],
    });
    assert.deepEqual(body['system'], [{ text: 'Do not call a tool now: answer in words.' }]);
  });

  it('does not offer tools that may not be called, and offers the one that must be', () => {
    const tools = [{ type: 'function', function: { name: 'f', description: '' } }];
    assert.equal(encode(chat([say], { tools, tool_choice: 'none' })).body['toolConfig'], undefined);
    const choice = (value: unknown) =>
      (encode(chat([say], { tools, tool_choice: value })).body['toolConfig'] as JsonObject)['toolChoice'];
    assert.deepEqual(choice('auto'), { auto: {} });
    assert.deepEqual(choice('required'), { any: {} });
    assert.deepEqual(choice({ type: 'function', function: { name: 'f' } }), { tool: { name: 'f' } });
    assert.deepEqual(encode(chat([say], { tools, parallel_tool_calls: false })).dropped, [
      'parallel_tool_calls',
    ]);
  });

  it('refuses a tool whose name would come back changed', () => {
    const tools = [{ type: 'function', function: { name: 'a.b' } }];
    assert.throws(() => encode(chat([say], { tools })), {
      code: 'invalid_request',
      message: /The tool "a\.b" cannot be offered/,
    });
  });

  it('sends files as bytes, gives each document a name of its own, and says what it left out', () => {
    const file = (filename: string, type = 'application/pdf') => ({
      type: 'file',
      file: { filename, file_data: `data:${type};base64,QUJD` },
    });
    const { body, dropped } = encode(
      chat([
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'image_url', image_url: { url: 'https://example.test/a.png' } },
            { type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } },
            file('Q1: «John’s»  report.v2.PDF'),
            file('分.pdf'),
            file('分.pdf'),
            file('a.csv', 'text/csv'),
            file('a.zip', 'application/zip'),
          ],
        },
      ]),
    );
    const [{ content }] = body['messages'] as [{ content: JsonObject[] }];
    assert.deepEqual(content, [
      { image: { format: 'png', source: { bytes: 'AAAA' } } },
      { document: { format: 'pdf', name: 'Q1 John s report v2', source: { bytes: 'QUJD' } } },
      { document: { format: 'pdf', name: 'document', source: { bytes: 'QUJD' } } },
      { document: { format: 'pdf', name: 'document (2)', source: { bytes: 'QUJD' } } },
      { document: { format: 'csv', name: 'a', source: { bytes: 'QUJD' } } },
      { text: '(The documents are attached.)' },
    ]);
    assert.deepEqual(dropped, ['messages.content.image', 'messages.content.document']);
  });

  it('refuses a message of which nothing is left', () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://example.test/a.png' } }];
    assert.throws(() => encode(chat([{ role: 'user', content }])), {
      code: 'invalid_request',
      message: /Nothing of messages\[0\] can be sent to this model: it takes files as base64/,
    });
  });

  it('turns cache marks into cache points, and sorting does not part them', () => {
    const mark = { type: 'ephemeral' };
    const { body } = encode(
      {
        model: 'm',
        max_tokens: 9,
        system: [{ type: 'text', text: 's', cache_control: { ...mark, ttl: '1h' } }],
        tools: [{ name: 'f', input_schema: { type: 'object' }, cache_control: mark }],
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'then', cache_control: mark },
              { type: 'tool_result', tool_use_id: 'a', content: 'r', cache_control: mark },
            ],
          },
        ],
      },
      {},
      'anthropic-messages',
    );
    assert.deepEqual(body['system'], [{ text: 's' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
    const point = { cachePoint: { type: 'default' } };
    assert.deepEqual((body['toolConfig'] as { tools: unknown[] }).tools[1], point);
    assert.deepEqual((body['messages'] as { content: unknown }[])[2]!.content, [
      { toolResult: { toolUseId: 'a', content: [{ text: 'r' }] } },
      point,
      { text: 'then' },
      point,
    ]);
  });

  it('asks for thinking as the model wants it', () => {
    const fields = (control: EncodeTarget['reasoningControl'], rest: JsonObject = {}) =>
      encode(chat([say], { reasoning_effort: 'high', max_tokens: 30_000, ...rest }), {
        reasoningControl: control,
      }).body['additionalModelRequestFields'];
    assert.deepEqual(fields('thinking'), { thinking: { type: 'enabled', budget_tokens: 16384 } });
    assert.deepEqual(fields('adaptive-thinking'), {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
    assert.deepEqual(fields('reasoning_effort'), { reasoning_effort: 'high' });
    assert.deepEqual(fields('reasoning'), { reasoning: { effort: 'high' } });
    assert.equal(fields('none'), undefined);
    assert.deepEqual(fields('thinking', { reasoning_effort: 'none' }), { thinking: { type: 'disabled' } });
  });

  it('gives a fixed thinking budget an output limit above it, and takes the sampling out', () => {
    const { body, dropped } = encode(
      chat([say], { thinking: { type: 'enabled', budget_tokens: 2000 }, temperature: 0.2, top_p: 0.5 }),
    );
    assert.deepEqual(body['inferenceConfig'], { maxTokens: 4096 });
    assert.deepEqual(body['additionalModelRequestFields'], {
      thinking: { type: 'enabled', budget_tokens: 2000 },
    });
    assert.deepEqual(dropped, ['temperature', 'top_p']);
  });

  it('sends past thinking back only as the model takes it', () => {
    const history = {
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'signed', signature: 's' },
            { type: 'thinking', thinking: 'unsigned' },
            { type: 'redacted_thinking', data: 'QUJD' },
            { type: 'thinking', thinking: 'elsewhere', signature: 'gemini:s' },
            { type: 'redacted_thinking', data: 'openai-responses:gAAA' },
            { type: 'text', text: 'hello' },
          ],
        },
        { role: 'user', content: 'on' },
      ],
    };
    const past = (changes: Partial<EncodeTarget>) => {
      const { body, dropped } = encode(history, changes, 'anthropic-messages');
      const content = (body['messages'] as { content: JsonObject[] }[])[1]!.content;
      return {
        kept: content.map((block) => block['reasoningContent']).filter(Boolean),
        dropped: dropped.length > 0,
      };
    };
    assert.deepEqual(past({ reasoningControl: 'thinking' }), {
      kept: [{ reasoningText: { text: 'signed', signature: 's' } }, { redactedContent: 'QUJD' }],
      dropped: true,
    });
    assert.deepEqual(past({ reasoningControl: 'reasoning_effort', reasoningEcho: 'all' }), {
      kept: ['signed', 'unsigned', 'elsewhere'].map((thought) => ({ reasoningText: { text: thought } })),
      dropped: true,
    });
    for (const reasoningEcho of ['none', 'tool-turns', undefined] as const) {
      assert.deepEqual(past({ reasoningControl: 'reasoning_effort', reasoningEcho }).kept, []);
    }
  });

  it('writes a schema as a string, closed, or asks for it in words', () => {
    const schema = { type: 'object', properties: { a: { type: 'number', minimum: 1 } } };
    const format = { type: 'json_schema', json_schema: { name: 'my answer', schema } };
    const body = chat([say], { response_format: format });
    const encoded = encode(body).body['outputConfig'] as { textFormat: JsonObject };
    const { name, schema: json } = (encoded.textFormat['structure'] as { jsonSchema: JsonObject }).jsonSchema;
    assert.equal(name, 'my_answer');
    assert.deepEqual(JSON.parse(json as string), {
      type: 'object',
      properties: { a: { type: 'number', description: '(minimum: 1)' } },
      additionalProperties: false,
    });
    const inWords = encode(body, { jsonSchema: false });
    assert.equal(inWords.body['outputConfig'], undefined);
    assert.match(JSON.stringify(inWords.body['system']), /must validate against this JSON Schema/);
    assert.deepEqual(inWords.dropped, ['response_format']);
  });

  it('keeps what only this dialect has between two of its own', () => {
    const own = {
      ...user(hi, { guardContent: { text: { text: 'x' } } }),
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      performanceConfig: { latency: 'optimized' },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      additionalModelRequestFields: { anthropic_beta: ['b'], top_k: 5 },
      requestMetadata: { team: 't', user_id: 'u' },
    };
    const { body, dropped } = encode(own, {}, 'bedrock-converse');
    assert.deepEqual(body, own);
    assert.deepEqual(dropped, []);
  });

  it('names what others cannot carry, down to the inner field', () => {
    const request = decode({
      ...user(hi),
      guardrailConfig: { guardrailIdentifier: 'g' },
      inferenceConfig: { maxTokens: 5 },
      additionalModelRequestFields: { anthropic_beta: ['b'], thinking: { type: 'disabled' } },
      requestMetadata: { team: 't', user_id: 'u' },
    });
    for (const name of ['openai-chat', 'anthropic-messages'] as const) {
      assert.deepEqual(dialects[name].encodeRequest(request, target).dropped, [
        'guardrailConfig',
        'additionalModelRequestFields.anthropic_beta',
        'requestMetadata.team',
      ]);
    }
  });

  it('keeps a user id that the service takes and makes a digest of any other', () => {
    const id = (name: string) =>
      (encode(chat([say], { user: name })).body['requestMetadata'] as JsonObject)['user_id'];
    assert.equal(id('anna@example.test'), 'anna@example.test');
    assert.match(String(id('安娜')), /^[0-9a-f]{64}$/);
  });
});

describe('Converse, passEdits()', () => {
  const pass = (body: JsonObject, changes: Partial<EncodeTarget> = {}, limit?: number) => {
    const request = decode(body);
    if (limit !== undefined) request.sampling.maxOutputTokens = limit;
    const { edits, dropped, hidesUsage } = bedrock.passEdits(request, { ...target, ...changes });
    assert.equal(hidesUsage, false);
    const bytes = spliceTopLevel(request.bytes, edits);
    return { body: JSON.parse(Buffer.from(bytes).toString()) as JsonObject, dropped, edits };
  };

  it('passes what it need not change', () => {
    const own = { ...user(hi), inferenceConfig: { maxTokens: 5, temperature: 0 }, future: 1 };
    assert.deepEqual(pass(own).edits, {});
  });

  it('takes a model out of the body', () => {
    assert.deepEqual(pass({ modelId: 'x', model: 'y', models: ['z'], ...user(hi) }).body, user(hi));
  });

  it('sets the output limit that was decided on', () => {
    const { body } = pass({ ...user(hi), inferenceConfig: { maxTokens: 50, topP: 1 } }, {}, 7);
    assert.deepEqual(body['inferenceConfig'], { maxTokens: 7, topP: 1 });
    assert.deepEqual(pass(user(hi), {}, 7).body['inferenceConfig'], { maxTokens: 7 });
  });

  it('takes out the sampling that a model refuses', () => {
    const given = { ...user(hi), inferenceConfig: { maxTokens: 5, temperature: 0.5, topP: 0.5 } };
    const { body, dropped } = pass(given, { sampling: false });
    assert.deepEqual(body['inferenceConfig'], { maxTokens: 5 });
    assert.deepEqual(dropped, ['inferenceConfig.temperature', 'inferenceConfig.topP']);
  });

  it('puts a preset in the place of the client’s thinking and keeps the model’s other fields', () => {
    const given = {
      ...user(hi),
      additionalModelRequestFields: {
        anthropic_beta: ['b'],
        reasoning_config: { type: 'enabled', budget_tokens: 9000 },
        output_config: { effort: 'max', format: { type: 'json_schema' } },
      },
      outputConfig: { effort: 'high' },
    };
    const preset = { reasoning: { enabled: true, effort: 'low', budgetTokens: 1024 } };
    assert.deepEqual(pass(given, preset).body, {
      ...user(hi),
      additionalModelRequestFields: {
        anthropic_beta: ['b'],
        thinking: { type: 'enabled', budget_tokens: 1024 },
        output_config: { format: { type: 'json_schema' } },
      },
    });
    const adaptive = pass(given, { ...preset, reasoningControl: 'adaptive-thinking' });
    assert.deepEqual((adaptive.body['additionalModelRequestFields'] as JsonObject)['output_config'], {
      format: { type: 'json_schema' },
      effort: 'low',
    });
    assert.deepEqual(pass(user(hi), { reasoning: { enabled: false } }).body['additionalModelRequestFields'], {
      thinking: { type: 'disabled' },
    });
  });
});

describe('Converse, passThoughts()', () => {
  const call = { toolUse: { toolUseId: 'a', name: 'f', input: {} } };
  const thought = (signature: string) => ({ reasoningContent: { reasoningText: { text: 't', signature } } });
  const thoughts = {
    before: (id: string) =>
      id === 'a' ? [{ type: 'reasoning' as const, text: 't', signature: 'own' }] : undefined,
    isForeign: (signature: string) => signature === 'other' || signature === 'openai-responses:x',
  };
  const passed = (...content: unknown[]) => {
    const body = {
      messages: [
        { role: 'user', content: [hi] },
        { role: 'assistant', content },
      ],
    };
    const { messages } = bedrock.passThoughts!(body, thoughts, target);
    return (messages as { content: unknown }[] | undefined)?.[1]?.content;
  };

  it('puts back what a client dropped, and takes out what another maker signed', () => {
    assert.deepEqual(passed({ text: 'x' }, call), [thought('own'), { text: 'x' }, call]);
    assert.deepEqual(passed(thought('other'), call), [thought('own'), call]);
    const wrapped = Buffer.from('openai-responses:x').toString('base64');
    assert.deepEqual(passed({ reasoningContent: { redactedContent: wrapped } }, { text: 'x' }), [
      { text: 'x' },
    ]);
  });

  it('leaves what is in order', () => {
    assert.equal(passed(thought('own'), call), undefined);
    assert.equal(passed({ text: 'x' }), undefined);
    assert.equal(passed(thought('other')), undefined);
  });
});

const wire = join(import.meta.dirname, '../../../shared/data/wire');
const skip = existsSync(wire) ? false : 'the recorded requests are not on this machine';

describe('recorded Converse requests', { skip }, () => {
  const names = skip === false ? readdirSync(wire) : [];
  const files = names.filter((name) => /converse.*\.request\.json$/.test(name));

  /** Some were recorded before the SDK wrote their bytes as base64. */
  function onWire(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((each) => onWire(each));
    if (typeof value !== 'object' || value === null) return value;
    if (key === 'bytes') return Buffer.from(Object.values(value) as number[]).toString('base64');
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, onWire(inner, name)]));
  }

  it('are there', () => assert.ok(files.length >= 6));

  for (const file of files) {
    it(`${file}: is read, kept between two of its own, and translated to every dialect`, () => {
      const given = onWire(JSON.parse(readFileSync(join(wire, file), 'utf8'))) as JsonObject;
      const { modelId: _, ...body } = given;
      const request = decode(body);
      const own = bedrock.encodeRequest(request, target);
      assert.deepEqual(own.dropped, []);
      assert.deepEqual(own.body['messages'], body['messages']);
      for (const name of ['openai-chat', 'anthropic-messages'] as const) {
        const { body: translated } = dialects[name].encodeRequest(request, target);
        assert.equal(decode(translated as JsonObject, name).messages.length, request.messages.length);
      }
    });
  }
});
