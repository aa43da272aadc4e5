import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { type FakeScript, type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';

const openai = await startFakeUpstream({ dialect: 'openai-chat', models: ['a', 'b'] });
const anthropic = await startFakeUpstream({ dialect: 'anthropic-messages' });
const gemini = await startFakeUpstream({ dialect: 'gemini', apiKey: 'k', models: ['g'] });
after(() => Promise.all([openai.close(), anthropic.close(), gemini.close()]));

const openaiClient = new OpenAI({ apiKey: 'k', baseURL: openai.baseUrl, maxRetries: 0 });
const anthropicClient = new Anthropic({ apiKey: 'k', baseURL: anthropic.origin, maxRetries: 0 });
const geminiClient = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: gemini.origin } });

const hello = [{ role: 'user' as const, content: 'hello' }];
const weather = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
  required: ['city', 'days'],
};

/** Runs `body` with `script` and gives it the row that the upstream recorded for its (only) request. */
async function scripted(upstream: FakeUpstream, script: FakeScript, body: () => Promise<void>) {
  const index = upstream.requests.length;
  upstream.setScript(script);
  await body();
  const served = await upstream.whenServed(index);
  return { served, request: upstream.requests[index]! };
}

async function textOfChatStream(): Promise<{ text: string; usage: unknown; finish: unknown }> {
  const stream = await openaiClient.chat.completions.create({
    model: 'm',
    messages: hello,
    stream: true,
    stream_options: { include_usage: true },
  });
  const seen: { text: string; usage: unknown; finish: unknown } = {
    text: '',
    usage: undefined,
    finish: undefined,
  };
  for await (const chunk of stream) {
    seen.text += chunk.choices[0]?.delta.content ?? '';
    seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish;
    seen.usage = chunk.usage ?? seen.usage;
  }
  return seen;
}

test('a plain chat completion is valid and its usage is what the record says', async () => {
  const { served } = await scripted(openai, {}, async () => {
    const answer = await openaiClient.chat.completions.create({ model: 'm', messages: hello });
    assert.equal(answer.choices[0]?.message.content, 'This is the answer of m.');
    assert.equal(answer.usage?.total_tokens, answer.usage!.prompt_tokens + answer.usage!.completion_tokens);
  });
  assert.equal(served.finished, true);
  assert.deepEqual(
    served.outputTokens,
    (served.usageReported as { completion_tokens: number }).completion_tokens,
  );
});

test('a chat stream carries stated tokens, reasoning and usage', async () => {
  const text = [
    { text: 'one ', tokens: 3 },
    { text: '二', tokens: 4 },
  ];
  const { served } = await scripted(
    openai,
    { text, reasoning: [{ text: 'hm', tokens: 5 }], inputTokens: 11 },
    async () => {
      const seen = await textOfChatStream();
      assert.equal(seen.text, 'one 二');
      assert.equal(seen.finish, 'stop');
      const usage = seen.usage as OpenAI.CompletionUsage;
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [11, 12]);
      assert.equal(usage.completion_tokens_details?.reasoning_tokens, 5);
    },
  );
  assert.deepEqual(
    [served.outputTokens, served.outputTokensSent, served.chunksSent, served.finished],
    [12, 12, 3, true],
  );
});

test('usage is left out of a chat stream that does not ask for it', async () => {
  const { served } = await scripted(openai, {}, async () => {
    const stream = await openaiClient.chat.completions.create({ model: 'm', messages: hello, stream: true });
    for await (const chunk of stream) assert.equal(chunk.usage, undefined);
  });
  assert.equal(served.usageReported, undefined);
});

for (const [shape, script] of Object.entries({
  'one byte at a time': { pieceBytes: 1 },
  'with CRLF, comments and no space after the colon': { newline: '\r\n', comments: true, tight: true },
  'with a byte order mark': { byteOrderMark: true },
  'with heartbeats while it waits': {
    chunkDelayMs: 30,
    heartbeatMs: 10,
    text: ['This is the ', 'answer of m.'],
  },
} satisfies { [shape: string]: FakeScript })) {
  test(`a chat stream ${shape} reads the same`, async () => {
    await scripted(openai, script, async () => {
      assert.equal((await textOfChatStream()).text, 'This is the answer of m.');
    });
  });
}

test('tools are called when offered, and answered in words when their result is there', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'forecast', parameters: weather } }];
  await scripted(openai, {}, async () => {
    const answer = await openaiClient.chat.completions.create({ model: 'm', messages: hello, tools });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    assert.equal(answer.choices[0]?.finish_reason, 'tool_calls');
    assert.ok(call?.type === 'function');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'sample', days: 2 });
    const next = await openaiClient.chat.completions.create({
      model: 'm',
      messages: [
        ...hello,
        answer.choices[0]!.message,
        { role: 'tool', tool_call_id: call.id, content: 'rain' },
      ],
      tools,
    });
    assert.equal(next.choices[0]?.message.content, 'This is the answer of m.');
  });
});

test('a JSON schema is satisfied', async () => {
  await scripted(openai, {}, async () => {
    const answer = await openaiClient.chat.completions.create({
      model: 'm',
      messages: hello,
      response_format: { type: 'json_schema', json_schema: { name: 'w', schema: weather } },
    });
    assert.deepEqual(JSON.parse(answer.choices[0]!.message.content!), { city: 'sample', days: 2 });
  });
});

test('a scripted error reaches the SDK in the dialect of its vendor', async () => {
  const error = { message: 'slow down', code: 'rate_limit_exceeded' };
  await scripted(openai, { status: 429, error, headers: { 'retry-after': '7' } }, async () => {
    await assert.rejects(
      openaiClient.chat.completions.create({ model: 'm', messages: hello }),
      (thrown: unknown) => {
        assert.ok(thrown instanceof OpenAI.RateLimitError);
        assert.equal(thrown.code, 'rate_limit_exceeded');
        assert.equal(thrown.headers.get('retry-after'), '7');
        return true;
      },
    );
  });
  await scripted(anthropic, { status: 529, error: { message: 'busy' } }, async () => {
    const call = anthropicClient.messages.create({ model: 'm', max_tokens: 9, messages: hello });
    await assert.rejects(call, /overloaded_error/);
  });
});

test('a cut stream is recorded as unfinished with the tokens that were written', async () => {
  const text = [1, 2, 3, 4].map((tokens) => ({ text: `${tokens} `, tokens }));
  for (const how of ['reset', 'close'] as const) {
    const { served } = await scripted(openai, { text, cut: { how, afterChunks: 2 } }, async () => {
      await assert.rejects(textOfChatStream());
    });
    assert.deepEqual([served.finished, served.outputTokensSent, served.outputTokens], [false, 3, 10]);
  }
  const { served } = await scripted(openai, { text, cut: { how: 'end', afterChunks: 2 } }, async () => {
    assert.equal((await textOfChatStream()).text, '1 2 ');
  });
  assert.equal(served.finished, false);
});

test('a cut inside a frame leaves exactly the bytes asked for', async () => {
  const { served } = await scripted(openai, { cut: { how: 'close', afterBytes: 333 } }, async () => {
    await assert.rejects(textOfChatStream());
  });
  assert.equal(served.bytesSent, 333);
});

test('an in-band error breaks the stream after the stated content', async () => {
  const { served } = await scripted(openai, { errorEvent: { afterChunks: 1, message: 'gone' } }, async () => {
    await assert.rejects(textOfChatStream(), /gone/);
  });
  assert.deepEqual([served.chunksSent, served.finished], [1, false]);
});

test('whenCancelled() tells how long the client took to leave', async () => {
  const index = openai.requests.length;
  openai.setScript({ silent: 'head' });
  const controller = new AbortController();
  const call = openaiClient.chat.completions.create(
    { model: 'm', messages: hello },
    { signal: controller.signal },
  );
  await openai.whenReceived(index);
  const sinceMs = performance.now();
  controller.abort();
  await assert.rejects(call);
  const tookMs = await openai.whenCancelled(index, sinceMs);
  assert.ok(tookMs >= 0 && tookMs < 250, `${tookMs} ms`);
});

test('a Messages answer is valid, streamed or not, and excludes cached tokens from its input', async () => {
  const script = { reasoning: ['think'], inputTokens: 100, cacheReadTokens: 60, cacheWriteTokens: 10 };
  await scripted(anthropic, script, async () => {
    const answer = await anthropicClient.messages.create({ model: 'm', max_tokens: 99, messages: hello });
    assert.deepEqual(
      answer.content.map((block) => block.type),
      ['thinking', 'text'],
    );
    assert.deepEqual([answer.usage.input_tokens, answer.usage.cache_read_input_tokens], [30, 60]);
  });
  const { served } = await scripted(anthropic, script, async () => {
    const answer = await anthropicClient.messages
      .stream({ model: 'm', max_tokens: 99, messages: hello })
      .finalMessage();
    assert.equal(answer.stop_reason, 'end_turn');
    assert.equal(answer.content.at(-1)?.type === 'text' && answer.content.at(-1), answer.content[1]);
    assert.equal(answer.usage.output_tokens, anthropic.served.at(-1)!.outputTokens);
  });
  assert.equal(served.finished, true);
});

test('a Messages stream calls tools with fragments of arguments', async () => {
  await scripted(anthropic, {}, async () => {
    const tools = [{ name: 'forecast', input_schema: weather }];
    const stream = anthropicClient.messages.stream({ model: 'm', max_tokens: 99, messages: hello, tools });
    const answer = await stream.finalMessage();
    const call = answer.content[0];
    assert.ok(call?.type === 'tool_use');
    assert.deepEqual(call.input, { city: 'sample', days: 2 });
    assert.equal(answer.stop_reason, 'tool_use');
  });
});

test('a Messages stream without its terminal event makes the SDK throw', async () => {
  await scripted(anthropic, { omitTerminal: true }, async () => {
    const stream = anthropicClient.messages.stream({ model: 'm', max_tokens: 99, messages: hello });
    await assert.rejects(stream.finalMessage());
  });
});

test('requests are kept as they came', async () => {
  const { request } = await scripted(anthropic, {}, async () => {
    await anthropicClient.messages.create({ model: 'm', max_tokens: 9, system: 'be brief', messages: hello });
  });
  assert.equal(request.headers.authorization, 'Bearer k');
  assert.deepEqual(request.body, JSON.parse(request.bytes.toString()));
  assert.equal((request.body as { system: string }).system, 'be brief');
});

test('a request that a vendor would refuse is refused', async () => {
  const bare = { model: 'm', messages: hello } as unknown as Anthropic.MessageCreateParamsNonStreaming;
  await scripted(anthropic, {}, async () => {
    await assert.rejects(anthropicClient.messages.create(bare), /max_tokens: Field required/);
  });
});

test('models are listed', async () => {
  const ids: string[] = [];
  for await (const model of openaiClient.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['a', 'b']);
});

test('a Gemini answer is valid, streamed or not, with thoughts beside its output', async () => {
  const script: FakeScript = {
    reasoning: [{ text: 'think', tokens: 5 }],
    inputTokens: 100,
    cacheReadTokens: 60,
  };
  await scripted(gemini, script, async () => {
    const answer = await geminiClient.models.generateContent({ model: 'g', contents: 'hello' });
    assert.equal(answer.text, 'This is the answer of g.');
    assert.equal(answer.candidates?.[0]?.finishReason, 'STOP');
    const usage = answer.usageMetadata!;
    assert.deepEqual([usage.cachedContentTokenCount, usage.thoughtsTokenCount], [60, 5]);
    assert.equal(usage.totalTokenCount, 100 + usage.candidatesTokenCount! + 5);
  });
  const { served, request } = await scripted(gemini, { ...script, newline: '\r\n' }, async () => {
    let text = '';
    for await (const chunk of await geminiClient.models.generateContentStream({
      model: 'g',
      contents: 'hello',
    })) {
      text += chunk.text ?? '';
    }
    assert.equal(text, 'This is the answer of g.');
  });
  assert.match(request.path, /models\/g:streamGenerateContent\?alt=sse$/);
  assert.equal(served.finished, true);
});

test('a Gemini stream calls tools whole and signed', async () => {
  await scripted(gemini, {}, async () => {
    const stream = await geminiClient.models.generateContentStream({
      model: 'g',
      contents: 'hello',
      config: { tools: [{ functionDeclarations: [{ name: 'forecast', parametersJsonSchema: weather }] }] },
    });
    const parts: unknown[] = [];
    for await (const chunk of stream) parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    const call = {
      name: 'forecast',
      args: { city: 'sample', days: 2 },
      id: `call_${gemini.requests.length - 1}_0`,
    };
    assert.deepEqual(parts[0], { functionCall: call, thoughtSignature: 'c2lnbmF0dXJl' });
  });
});

test('a Gemini request that Google would refuse is refused', async () => {
  const post = async (model: string, body: unknown, key = 'k') => {
    const answer = await fetch(`${gemini.baseUrl}/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': key },
      body: JSON.stringify(body),
    });
    return [answer.status, JSON.stringify(await answer.json())] as const;
  };
  gemini.setScript({});
  const contents = [{ parts: [{ text: 'hello' }] }];
  assert.equal((await post('g', { contents }))[0], 200);
  assert.equal((await post('g', { contents }, 'other'))[0], 401);
  assert.match((await post('g', { contents, model: 'g' }))[1], /Unknown name/);
  const called = [...contents, { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }];
  assert.equal((await post('gemini-2.5-flash', { contents: called }))[0], 200);
  assert.match((await post('gemini-3-pro', { contents: called }))[1], /missing a thought_signature/);
});
