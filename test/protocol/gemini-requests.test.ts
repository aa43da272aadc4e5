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
  type PastThoughts,
  spliceTopLevel,
} from '../../src/protocol/index.ts';

const { gemini } = dialects;
const target: EncodeTarget = {
  model: 'up',
  defaultMaxOutputTokens: 4096,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
};
const hello = [{ role: 'user', parts: [{ text: 'Hello' }] }];
const unsigned = Buffer.from('skip_thought_signature_validator').toString('base64');

function decode(fields: JsonObject): ChatRequest {
  const body = { contents: hello, ...fields };
  const path = { model: 'auto', stream: true };
  return gemini.decodeRequest(body, Buffer.from(JSON.stringify(body)), path);
}

describe('gemini, decodeRequest()', () => {
  function check(name: string, fields: JsonObject, expected: Partial<ChatRequest>): void {
    it(name, () => {
      const request = decode(fields);
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual(
          JSON.parse(JSON.stringify({ at: request[key as keyof ChatRequest] })),
          { at: value },
          key,
        );
      }
    });
  }

  function refuses(name: string, fields: JsonObject, param: string): void {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => decode(fields),
        (thrown) => {
          assert.ok(thrown instanceof GatewayError);
          assert.deepEqual([thrown.code, thrown.param], ['invalid_request', param]);
          assert.ok(thrown.message.startsWith(param));
          return true;
        },
      );
    });
  }

  check(
    'a turn of the model that comes back as several contents is one message, and its thought one thought',
    {
      contents: [
        ...hello,
        { role: 'model', parts: [{ text: 'Let me ', thought: true }] },
        { role: 'model', parts: [{ text: 'look.', thought: true }] },
        { role: 'model', parts: [{ text: '', thought: true, thoughtSignature: 'c2ln' }] },
        { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'f', args: { a: 1 } } }] },
        { role: 'model', parts: [{ text: '' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: '2' } } }] },
        { role: 'model', parts: [{ text: 'Two.' }] },
      ],
    },
    {
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'Let me look.', signature: 'gemini:c2ln' },
            { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1}' },
          ],
        },
        {
          role: 'tool',
          parts: [
            { type: 'tool-result', callId: 'c1', parts: [{ type: 'text', text: '2' }], isError: false },
          ],
        },
        { role: 'assistant', parts: [{ type: 'text', text: 'Two.' }] },
      ],
    },
  );

  check('takes model and stream from the path', { model: 'models/other' }, { model: 'auto', stream: true });
  check(
    'takes a missing role for the user, and instructions in each of their forms',
    { contents: [{ parts: [{ text: 'Hi' }] }], systemInstruction: { parts: [{ text: 'A' }, { text: 'B' }] } },
    {
      messages: [
        {
          role: 'system',
          parts: [
            { type: 'text', text: 'A' },
            { type: 'text', text: 'B' },
          ],
        },
        { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
      ],
    },
  );
  check(
    'takes instructions as plain text',
    { systemInstruction: 'A' },
    {
      messages: [
        { role: 'system', parts: [{ type: 'text', text: 'A' }] },
        { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
      ],
    },
  );
  check(
    'reads names with underscores',
    {
      system_instruction: { parts: [{ text: 'A' }] },
      generation_config: { max_output_tokens: 7, top_k: 3, thinking_config: { thinking_budget: 100 } },
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
      tools: [{ function_declarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: {} } }] }],
    },
    {
      sampling: { maxOutputTokens: 7, topK: 3 },
      reasoning: { enabled: true, budgetTokens: 100 },
      toolChoice: { name: 'f' },
      tools: [{ name: 'f', parameters: { type: 'object', properties: {} } }],
    },
  );
  check(
    'reads media: images, documents, and what only this dialect has',
    {
      contents: [
        {
          role: 'user',
          parts: [
            { inlineData: { mimeType: 'image/png', data: 'aQ==' } },
            { inline_data: { mime_type: 'application/pdf', data: 'cA==' } },
            { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.test/a.jpg' } },
            {
              fileData: {
                fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x',
                mimeType: 'image/png',
              },
            },
            { inlineData: { mimeType: 'audio/wav', data: 'YQ==' } },
          ],
        },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aQ==' } },
            { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'cA==' } },
            { type: 'image', source: { kind: 'url', url: 'https://example.test/a.jpg' } },
            {
              type: 'other',
              kind: 'fileData',
              raw: {
                fileData: {
                  fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x',
                  mimeType: 'image/png',
                },
              },
            },
            {
              type: 'other',
              kind: 'inlineData',
              raw: { inlineData: { mimeType: 'audio/wav', data: 'YQ==' } },
            },
          ],
        },
      ],
    },
  );
  check(
    'pairs results with calls that have no id, by name and order',
    {
      contents: [
        ...hello,
        {
          role: 'model',
          parts: [
            { functionCall: { name: 'a', args: { n: 1 } } },
            { functionCall: { name: 'b' } },
            { functionCall: { name: 'a', args: { n: 2 } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'b', response: { output: 'of b' } } },
            { functionResponse: { name: 'a', response: { error: 'of the first a' } } },
            { functionResponse: { name: 'a', response: { any: [1] } } },
            { text: 'go on' },
          ],
        },
      ],
    },
    {
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'tool-call', id: 'call_1_0', name: 'a', arguments: '{"n":1}' },
            { type: 'tool-call', id: 'call_1_1', name: 'b', arguments: '{}' },
            { type: 'tool-call', id: 'call_1_2', name: 'a', arguments: '{"n":2}' },
          ],
        },
        result('call_1_1', 'of b'),
        result('call_1_0', 'of the first a', true),
        result('call_1_2', '{"any":[1]}'),
        { role: 'user', parts: [{ type: 'text', text: 'go on' }] },
      ],
    },
  );
  check(
    'joins streamed thoughts and gives them the signature that ends them',
    {
      contents: [
        ...hello,
        {
          role: 'model',
          parts: [
            { text: 'I ', thought: true },
            { text: 'think', thought: true },
            { text: 'Hi' },
            { text: '', thoughtSignature: 'c2ln' },
          ],
        },
      ],
    },
    {
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'I think' },
            { type: 'text', text: 'Hi' },
            { type: 'reasoning', text: '', signature: 'gemini:c2ln' },
          ],
        },
      ],
    },
  );
  check(
    'turns the OpenAPI subset into JSON Schema',
    {
      tools: [
        {
          functionDeclarations: [
            {
              name: 'f',
              parameters: {
                type: 'OBJECT',
                propertyOrdering: ['a'],
                properties: {
                  a: { type: 'STRING', format: 'enum', enum: ['x'], nullable: true },
                  list: {
                    type: 'ARRAY',
                    min_items: '2',
                    items: { any_of: [{ type: 'INTEGER' }, { type: 'NULL' }] },
                  },
                },
                required: ['a'],
              },
            },
            { name: 'g', parametersJsonSchema: { type: 'object', oneOf: [{}] } },
          ],
          googleSearch: {},
        },
      ],
    },
    {
      tools: [
        { name: 'googleSearch', parameters: {}, native: { googleSearch: {} } },
        {
          name: 'f',
          parameters: {
            type: 'object',
            properties: {
              a: { type: ['string', 'null'], enum: ['x', null] },
              list: { type: 'array', minItems: 2, items: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
            },
            required: ['a'],
          },
        },
        { name: 'g', parameters: { type: 'object', oneOf: [{}] } },
      ],
    },
  );
  const two = [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }, { name: 'h' }] }];
  for (const [config, choice, count] of [
    [{ mode: 'AUTO' }, 'auto', 3],
    [{ mode: 'VALIDATED' }, 'auto', 3],
    [{ mode: 'NONE' }, 'none', 3],
    [{ mode: 'ANY' }, 'required', 3],
    [{ mode: 'ANY', allowedFunctionNames: ['f', 'h'] }, 'required', 2],
    [{ mode: 'ANY', allowedFunctionNames: ['g'] }, { name: 'g' }, 3],
  ] as const) {
    it(`reads the calling mode ${JSON.stringify(config)}`, () => {
      const request = decode({ tools: two, toolConfig: { functionCallingConfig: config } });
      assert.deepEqual(request.toolChoice, choice);
      assert.equal(request.tools.length, count);
    });
  }
  for (const [thinkingConfig, reasoning] of [
    [{ thinkingBudget: 0 }, { enabled: false }],
    [{ thinkingBudget: -1 }, { enabled: true }],
    [
      { thinkingBudget: 300, includeThoughts: true },
      { enabled: true, budgetTokens: 300 },
    ],
    [{ thinkingLevel: 'HIGH' }, { enabled: true, effort: 'high' }],
    [{ includeThoughts: true }, { enabled: true }],
    [{ includeThoughts: false }, undefined],
  ] as const) {
    it(`reads the thinking ${JSON.stringify(thinkingConfig)}`, () => {
      assert.deepEqual(decode({ generationConfig: { thinkingConfig } }).reasoning, reasoning);
    });
  }
  check(
    'reads a format without a schema',
    { generationConfig: { responseMimeType: 'application/json' } },
    {
      responseFormat: { type: 'json-object' },
    },
  );
  check(
    'reads a format with a schema of its own kind',
    { generationConfig: { responseMimeType: 'application/json', responseSchema: { type: 'STRING' } } },
    { responseFormat: { type: 'json-schema', name: 'answer', schema: { type: 'string' } } },
  );
  check('reads how many candidates are wanted', { generationConfig: { candidateCount: 2 } }, { choices: 2 });

  it('asks for its own dialect where the provider holds the beginning of the conversation', () => {
    assert.equal(decode({ cachedContent: 'cachedContents/1' }).ownDialectOnly?.param, 'cachedContent');
    assert.equal(decode({}).ownDialectOnly, undefined);
  });

  refuses('a body without contents', { contents: [] }, 'contents');
  refuses('an unknown role', { contents: [{ role: 'assistant', parts: [] }] }, 'contents[0].role');
  refuses('a part that is none', { contents: [{ parts: [1] }] }, 'contents[0].parts[0]');
  refuses(
    'a call without a name',
    { contents: [{ role: 'model', parts: [{ functionCall: {} }] }] },
    'contents[0].parts[0].functionCall.name',
  );
  refuses(
    'a result without its call',
    { contents: [{ parts: [{ functionResponse: { name: 'f', response: {} } }] }] },
    'contents[0].parts[0].functionResponse.name',
  );
  refuses(
    'a temperature beyond the range',
    { generationConfig: { temperature: 3 } },
    'generationConfig.temperature',
  );
  refuses(
    'an unknown mode',
    { toolConfig: { functionCallingConfig: { mode: 'MAYBE' } } },
    'toolConfig.functionCallingConfig.mode',
  );
  refuses(
    'a declaration without a name',
    { tools: [{ functionDeclarations: [{}] }] },
    'tools[0].functionDeclarations[0].name',
  );
});

function result(callId: string, text: string, isError = false) {
  return {
    role: 'tool' as const,
    parts: [{ type: 'tool-result' as const, callId, parts: [{ type: 'text' as const, text }], isError }],
  };
}

function encode(from: DialectName, body: JsonObject, changes: Partial<EncodeTarget> = {}): EncodedRequest {
  const path = { model: 'auto', stream: false };
  const request = dialects[from].decodeRequest(body, Buffer.from(JSON.stringify(body)), path);
  const { body: encoded, dropped } = gemini.encodeRequest(request, { ...target, ...changes });
  return { body: JSON.parse(JSON.stringify(encoded)) as JsonObject, dropped };
}

describe('a chat request for a Gemini upstream', () => {
  const ask = [{ role: 'user', content: 'Hello' }];
  function check(
    name: string,
    fields: JsonObject,
    expected: JsonObject,
    dropped: string[] = [],
    changes: Partial<EncodeTarget> = {},
  ): void {
    it(name, () => {
      const encoded = encode('openai-chat', { model: 'auto', messages: ask, ...fields }, changes);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(encoded.body[key], value, key);
      assert.deepEqual(encoded.dropped.toSorted(), dropped.toSorted());
    });
  }

  check(
    'names no model and no stream',
    { stream: true },
    { model: undefined, stream: undefined, contents: hello },
  );
  check(
    'joins neighbours of one role and begins with the user',
    {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'assistant', content: 'a' },
        { role: 'assistant', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    },
    {
      systemInstruction: { parts: [{ text: 'S' }] },
      contents: [
        { role: 'user', parts: [{ text: '(The conversation continues.)' }] },
        { role: 'model', parts: [{ text: 'a' }, { text: 'b' }] },
        { role: 'user', parts: [{ text: 'c' }] },
      ],
    },
  );
  const call = (id: string, name: string) => ({
    id,
    type: 'function',
    function: { name, arguments: '{"x":1}' },
  });
  const loop = (calls: object[]) => [
    ...ask,
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'c1', content: 'one' },
  ];
  const functionResponse = { id: 'c1', name: 'f', response: { output: 'one' } };
  check(
    'names the function of a result, and lets calls of other models through where signatures are wanted',
    { messages: loop([call('c1', 'f'), call('c2', 'g')]) },
    {
      contents: [
        ...hello,
        {
          role: 'model',
          parts: [
            { functionCall: { id: 'c1', name: 'f', args: { x: 1 } }, thoughtSignature: unsigned },
            { functionCall: { id: 'c2', name: 'g', args: { x: 1 } } },
          ],
        },
        { role: 'user', parts: [{ functionResponse }] },
      ],
    },
  );
  check(
    'gives a call the signature that the client kept in Google’s field',
    { messages: loop([{ ...call('c1', 'f'), extra_content: { google: { thought_signature: 'c2ln' } } }]) },
    {
      contents: [
        ...hello,
        {
          role: 'model',
          parts: [{ functionCall: { id: 'c1', name: 'f', args: { x: 1 } }, thoughtSignature: 'c2ln' }],
        },
        { role: 'user', parts: [{ functionResponse }] },
      ],
    },
  );
  check(
    'sends images by address and by content',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://example.test/a.webp?x=1' } },
            { type: 'image_url', image_url: { url: 'https://example.test/picture' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aQ==' } },
          ],
        },
      ],
    },
    {
      contents: [
        {
          role: 'user',
          parts: [
            { fileData: { mimeType: 'image/webp', fileUri: 'https://example.test/a.webp?x=1' } },
            { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.test/picture' } },
            { inlineData: { mimeType: 'image/png', data: 'aQ==' } },
          ],
        },
      ],
    },
  );
  check(
    'puts sampling and limits into the configuration',
    { temperature: 0, top_p: 0.5, max_tokens: 9, stop: ['a'], seed: 5, presence_penalty: 1, n: 1 },
    {
      generationConfig: {
        temperature: 0,
        topP: 0.5,
        maxOutputTokens: 9,
        stopSequences: ['a'],
        seed: 5,
        presencePenalty: 1,
      },
    },
  );
  check('lists a seed that does not fit', { seed: 2 ** 40 }, { generationConfig: undefined }, ['seed']);
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/a' } },
    $defs: { a: { type: 'string' } },
  };
  const format = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } };
  const tools = [{ type: 'function', function: { name: 'f', parameters: schema } }];
  check(
    'passes JSON Schema as it is',
    { ...format, tools, tool_choice: 'required' },
    {
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    },
  );
  check(
    'asks for a schema in words where the model refuses it beside functions',
    { ...format, tools },
    { generationConfig: undefined },
    ['response_format'],
    { reasoningControl: 'thinking_budget' },
  );
  check(
    'lists what has no place',
    { parallel_tool_calls: false, tools, user: 'u', logit_bias: { 1: 1 } },
    {},
    ['parallel_tool_calls', 'user', 'logit_bias'],
  );

  for (const [asked, changes, thinkingConfig, dropped] of [
    ['high', { reasoningControl: 'thinking_level' }, { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    [
      'medium',
      { reasoningControl: 'thinking_level', reasoningEfforts: ['low', 'high'] },
      { thinkingLevel: 'LOW', includeThoughts: true },
      [],
    ],
    [
      'none',
      { reasoningControl: 'thinking_level', reasoningEfforts: ['minimal', 'low'] },
      { thinkingLevel: 'MINIMAL' },
      [],
    ],
    [
      'none',
      { reasoningControl: 'thinking_level', reasoningEfforts: ['low', 'high'] },
      undefined,
      ['reasoning_effort'],
    ],
    ['low', { reasoningControl: 'thinking_budget' }, { thinkingBudget: 2048, includeThoughts: true }, []],
    ['max', { reasoningControl: 'thinking_budget' }, { thinkingBudget: 24576, includeThoughts: true }, []],
    ['none', { reasoningControl: 'thinking_budget' }, { thinkingBudget: 0 }, []],
    [
      'none',
      { reasoningControl: 'thinking_budget', reasoningEfforts: ['low'] },
      undefined,
      ['reasoning_effort'],
    ],
    ['low', {}, undefined, ['reasoning_effort']],
  ] as [string, Partial<EncodeTarget>, JsonObject | undefined, string[]][]) {
    it(`asks for the thinking ${asked} as ${JSON.stringify(changes)} takes it`, () => {
      const { body, dropped: lost } = encode(
        'openai-chat',
        { model: 'auto', messages: ask, reasoning_effort: asked },
        changes,
      );
      const config = body['generationConfig'] as JsonObject | undefined;
      assert.deepEqual(config?.['thinkingConfig'], thinkingConfig);
      assert.deepEqual(lost, dropped);
    });
  }
});

describe('a Messages request for a Gemini upstream', () => {
  function parts(content: JsonObject[], results: JsonObject[] = []): { model: unknown; dropped: string[] } {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content },
      { role: 'user', content: [...results, { type: 'text', text: 'y' }] },
    ];
    const { body, dropped } = encode(
      'anthropic-messages',
      { model: 'auto', max_tokens: 9, messages },
      { reasoningControl: 'thinking_level' },
    );
    return { model: (body['contents'] as { parts: unknown }[])[1]!.parts, dropped };
  }
  const use = { type: 'tool_use', id: 't1', name: 'f', input: {} };
  const functionCall = { id: 't1', name: 'f', args: {} };

  it('gives a call the signature of the thinking before it, when a Gemini model made it', () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: 'gemini:c2ln' };
    const { model, dropped } = parts([thinking, { type: 'text', text: 'so' }, use]);
    assert.deepEqual(model, [
      { text: 'hm', thought: true },
      { text: 'so' },
      { functionCall, thoughtSignature: 'c2ln' },
    ]);
    assert.deepEqual(dropped, []);
  });

  it('leaves the signature with the text it came on, where no call follows', () => {
    const thinking = { type: 'thinking', thinking: '', signature: 'gemini:c2ln' };
    assert.deepEqual(parts([{ type: 'text', text: 'so' }, thinking]).model, [
      { text: 'so', thoughtSignature: 'c2ln' },
    ]);
  });

  it('keeps the thought and drops the signature of another vendor, and says so', () => {
    const thinking = { type: 'thinking', thinking: 'hm', signature: 'RXFvQg==' };
    const { model, dropped } = parts([thinking, use]);
    assert.deepEqual(model, [
      { text: 'hm', thought: true },
      { functionCall, thoughtSignature: unsigned },
    ]);
    assert.deepEqual(dropped, ['messages.content.thinking']);
  });

  it('puts images of a result into it for models that read them there, otherwise after it', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aQ==' } };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [use] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            is_error: true,
            content: [{ type: 'text', text: 'bad' }, image],
          },
        ],
      },
    ];
    const inlineData = { mimeType: 'image/png', data: 'aQ==' };
    const response = { id: 't1', name: 'f', response: { error: 'bad' } };
    for (const [reasoningControl, expected] of [
      ['thinking_level', [{ functionResponse: { ...response, parts: [{ inlineData }] } }]],
      ['thinking_budget', [{ functionResponse: response }, { inlineData }]],
    ] as const) {
      const { body } = encode(
        'anthropic-messages',
        { model: 'auto', max_tokens: 9, messages },
        { reasoningControl },
      );
      assert.deepEqual((body['contents'] as { parts: unknown }[])[2]!.parts, expected);
    }
  });
});

describe('a Gemini request for other upstreams', () => {
  it('loses what they do not have by name, and nothing that says nothing', () => {
    const request = decode({
      safetySettings: [{ category: 'X', threshold: 'OFF' }],
      generationConfig: {
        responseModalities: ['TEXT'],
        candidateCount: 1,
        speechConfig: { a: 1 },
        temperature: 1,
      },
      toolConfig: { includeServerSideToolInvocations: true },
      tools: [{ googleSearch: {} }],
    });
    assert.deepEqual(dialects['openai-chat'].encodeRequest(request, target).dropped.toSorted(), [
      'generationConfig.speechConfig',
      'safetySettings',
      'toolConfig.includeServerSideToolInvocations',
      'tools.googleSearch',
    ]);
  });

  it('names thinking in its own words where it is lost', () => {
    const request = decode({ generationConfig: { thinkingConfig: { thinkingLevel: 'high' } } });
    const { dropped } = dialects['openai-chat'].encodeRequest(request, target);
    assert.deepEqual(dropped, ['generationConfig.thinkingConfig']);
  });

  it('loses sampling by name where the model refuses it', () => {
    const request = decode({ generationConfig: { temperature: 0.2 } });
    const { body, dropped } = dialects['openai-chat'].encodeRequest(request, { ...target, sampling: false });
    assert.deepEqual([body['temperature'], dropped], [undefined, ['temperature']]);
  });

  it('gives Claude its own signed thinking back, and never that of a Gemini model', () => {
    const written = gemini.encodeAnswer(
      {
        id: 'a',
        model: 'claude',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'RXFv+/Qg==' },
          { type: 'redacted-reasoning', data: 'ZW5j' },
          { type: 'tool-call', id: 't1', name: 'f', arguments: '{}' },
        ],
        finish: { unified: 'tool-calls', raw: undefined },
        usage: undefined,
      },
      { requestId: 'r', model: 'm', createdAtSeconds: 1, includeUsage: true },
    );
    const { content } = (written['candidates'] as { content: { parts: JsonObject[] } }[])[0]!;
    // As a client does that reads the signature as bytes and writes those in the URL-safe alphabet.
    for (const part of content.parts) {
      if (typeof part['thoughtSignature'] === 'string') {
        part['thoughtSignature'] = Buffer.from(part['thoughtSignature'], 'base64').toString('base64url');
      }
    }
    const own = { role: 'model', parts: [{ functionCall: { name: 'g' }, thoughtSignature: 'c2ln' }] };
    const request = decode({ contents: [...hello, content, ...hello, own, ...hello] });
    const { body } = dialects['anthropic-messages'].encodeRequest(request, target);
    const turns = (body['messages'] as { role: string; content: unknown }[]).filter(
      ({ role }) => role === 'assistant',
    );
    assert.deepEqual(turns[0]!.content, [
      { type: 'thinking', thinking: 'hm', signature: 'RXFv+/Qg==' },
      { type: 'redacted_thinking', data: 'ZW5j' },
      { type: 'tool_use', id: 't1', name: 'f', input: {} },
    ]);
    assert.deepEqual(turns[1]!.content, [{ type: 'tool_use', id: 'call_3_0', name: 'g', input: {} }]);
  });
});

describe('gemini, passEdits() and passThoughts()', () => {
  function passed(
    fields: JsonObject,
    changes: Partial<EncodeTarget> = {},
    alter: Partial<ChatRequest> = {},
  ): { body: JsonObject; dropped: string[]; text: string } {
    const request = { ...decode(fields), ...alter };
    const { edits, dropped, hidesUsage } = gemini.passEdits(request, { ...target, ...changes });
    assert.equal(hidesUsage, false);
    const text = Buffer.from(spliceTopLevel(request.bytes, edits)).toString();
    return { body: JSON.parse(text) as JsonObject, dropped, text };
  }

  it('leaves a body alone in which nothing must differ', () => {
    const fields = { generationConfig: { maxOutputTokens: 9, odd: 1 }, safetySettings: [] };
    assert.equal(passed(fields).text, JSON.stringify({ contents: hello, ...fields }));
  });

  it('takes our own fields out', () => {
    const { body } = passed({ model: 'models/x', models: ['b'] });
    assert.deepEqual(body, { contents: hello });
  });

  it('sets a lower limit inside the configuration, in the spelling that is there', () => {
    const sampling = { maxOutputTokens: 5 };
    assert.deepEqual(
      passed({ generation_config: { max_output_tokens: 9, seed: 1 } }, {}, { sampling }).body,
      {
        contents: hello,
        generation_config: { maxOutputTokens: 5, seed: 1 },
      },
    );
    assert.deepEqual(passed({}, {}, { sampling }).body['generationConfig'], { maxOutputTokens: 5 });
  });

  it('puts the preset in the place of the client’s thinking, and shows what the client wanted to see', () => {
    const fields = {
      generationConfig: { seed: 1, thinkingConfig: { thinkingBudget: 5, includeThoughts: false } },
    };
    const preset = { enabled: true, effort: 'low' };
    const level = passed(fields, { reasoning: preset, reasoningControl: 'thinking_level' });
    assert.deepEqual(level.body['generationConfig'], {
      seed: 1,
      thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: false },
    });
    const off = passed({}, { reasoning: { enabled: false }, reasoningControl: 'thinking_budget' });
    assert.deepEqual(off.body['generationConfig'], { thinkingConfig: { thinkingBudget: 0 } });
  });

  it('takes sampling out for a model that refuses it, and lists what asked for something', () => {
    const { body, dropped } = passed({ generationConfig: { temperature: 1, topK: 4 } }, { sampling: false });
    assert.deepEqual([body['generationConfig'], dropped], [undefined, ['generationConfig.topK']]);
  });

  it('takes out thinking that another vendor signed', () => {
    const written = gemini.encodeAnswer(
      {
        id: 'a',
        model: 'claude',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'RXFv' },
          { type: 'tool-call', id: 't1', name: 'f', arguments: '{}' },
        ],
        finish: { unified: 'tool-calls', raw: undefined },
        usage: undefined,
      },
      { requestId: 'r', model: 'm', createdAtSeconds: 1, includeUsage: true },
    );
    const { content } = (written['candidates'] as { content: JsonObject }[])[0]!;
    const contents = [
      ...hello,
      content,
      { role: 'user', parts: [{ functionResponse: { id: 't1', name: 'f', response: {} } }] },
    ];
    const { body } = passed({ contents });
    assert.deepEqual((body['contents'] as JsonObject[])[1], {
      parts: [{ functionCall: { id: 't1', name: 'f', args: {} }, thoughtSignature: unsigned }],
      role: 'model',
    });
  });

  const memory = (known: { [id: string]: Part[] }, foreign: string[] = []): PastThoughts => ({
    before: (id) => known[id],
    isForeign: (signature) => foreign.includes(signature),
  });
  const functionCall = { id: 't1', name: 'f', args: {} };
  const turn = (parts: JsonObject[]) => ({ contents: [...hello, { role: 'model', parts }] });
  const thoughtful: EncodeTarget = { ...target, reasoningControl: 'thinking_level' };

  it('puts a signature back that the client dropped', () => {
    const known = memory({ t1: [{ type: 'reasoning', text: 'hm', signature: 'gemini:c2ln' }] });
    const edits = gemini.passThoughts!(turn([{ functionCall }, { functionCall }]), known, thoughtful);
    assert.deepEqual(edits, turn([{ functionCall, thoughtSignature: 'c2ln' }, { functionCall }]));
  });

  it('lets an unsigned call through only where models refuse it', () => {
    const body = turn([{ functionCall }]);
    assert.deepEqual(
      gemini.passThoughts!(body, memory({}), thoughtful),
      turn([{ functionCall, thoughtSignature: unsigned }]),
    );
    assert.deepEqual(gemini.passThoughts!(body, memory({}), target), {});
  });

  it('takes off what another maker of this dialect signed', () => {
    const body = turn([
      { text: 'a', thoughtSignature: 'b3Ro' },
      { functionCall, thoughtSignature: 'b3Ro' },
    ]);
    assert.deepEqual(
      gemini.passThoughts!(body, memory({}, ['gemini:b3Ro']), target),
      turn([{ text: 'a' }, { functionCall, thoughtSignature: unsigned }]),
    );
    assert.deepEqual(gemini.passThoughts!(body, memory({}), target), {});
  });
});
