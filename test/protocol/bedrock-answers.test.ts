import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandOutput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import {
  type ChatAnswer,
  type ChatEvent,
  dialects,
  type ErrorCode,
  GatewayError,
  type JsonObject,
  parseJsonBody,
  type Usage,
} from '../../src/protocol/index.ts';
import { bedrockClient } from '../support/bedrock-client.ts';
import { recordings, recordingsMissing } from './support/recordings.ts';
import {
  decodeStream,
  encodeStream,
  gather,
  gatherAnswer,
  identity,
  parsed,
  wireEvent,
  withoutRaw,
} from './support/streams.ts';

const bedrock = dialects['bedrock-converse'];

/** What the loopback server answers next. */
const next = { status: 200, type: 'application/json', body: Buffer.alloc(0), pieceBytes: 0 };
const server = createServer(async (request, response) => {
  request.resume();
  await once(request, 'end');
  const { status, type, body, pieceBytes } = { ...next };
  response.writeHead(status, { 'content-type': type });
  const step = pieceBytes === 0 ? Math.max(1, body.length) : pieceBytes;
  for (let at = 0; at < body.length; at += step) response.write(body.subarray(at, at + step));
  response.end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const client = bedrockClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
after(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const asked = { modelId: 'm', messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }] };

async function readAnswer(body: JsonObject, status = 200): Promise<ConverseCommandOutput> {
  const bytes = Buffer.from(JSON.stringify(body));
  Object.assign(next, { status, type: 'application/json', body: bytes, pieceBytes: 0 });
  return client.send(new ConverseCommand(asked));
}

async function readStream(body: Buffer, pieceBytes = 0): Promise<ConverseStreamOutput[]> {
  Object.assign(next, { status: 200, type: bedrock.streamContentType, body, pieceBytes });
  const { stream } = await client.send(new ConverseStreamCommand(asked));
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream!) events.push(event);
  return events;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** What AWS's SDK made of an answer, in the form of `gather`. */
function seenAnswer({ output, usage }: ConverseCommandOutput) {
  const content: ContentBlock[] = output?.message?.content ?? [];
  return {
    text: content.map((block) => block.text ?? '').join(''),
    reasoning: content.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join(''),
    signatures: content.flatMap((block) => block.reasoningContent?.reasoningText?.signature ?? []),
    redacted: content.flatMap((block) => {
      const data = block.reasoningContent?.redactedContent;
      return data === undefined ? [] : base64(data);
    }),
    toolCalls: content.flatMap(({ toolUse }) =>
      toolUse === undefined ? [] : { id: toolUse.toolUseId, name: toolUse.name, arguments: toolUse.input },
    ),
    usage: usageOf(usage),
  };
}

function seenStream(events: readonly ConverseStreamOutput[]) {
  const seen = { text: '', reasoning: '', signatures: [] as string[], redacted: [] as string[] };
  const calls: { id: string | undefined; name: string | undefined; json: string }[] = [];
  let open: number | undefined;
  for (const event of events) {
    const { toolUse } = event.contentBlockStart?.start ?? {};
    if (toolUse !== undefined) calls.push({ id: toolUse.toolUseId, name: toolUse.name, json: '' });
    const index = (event.contentBlockStart ?? event.contentBlockDelta)?.contentBlockIndex;
    if (index !== undefined) {
      assert.ok(open === undefined || open === index, 'blocks do not overlap');
      open = index;
    }
    if (event.contentBlockStop !== undefined) {
      assert.equal(event.contentBlockStop.contentBlockIndex, open);
      open = undefined;
    }
    const delta = event.contentBlockDelta?.delta;
    seen.text += delta?.text ?? '';
    seen.reasoning += delta?.reasoningContent?.text ?? '';
    if (delta?.reasoningContent?.signature !== undefined)
      seen.signatures.push(delta.reasoningContent.signature);
    const redacted = delta?.reasoningContent?.redactedContent;
    if (redacted !== undefined) seen.redacted.push(base64(redacted));
    if (delta?.toolUse !== undefined) calls.at(-1)!.json += delta.toolUse.input;
  }
  assert.equal(open, undefined);
  const toolCalls = calls.map(({ id, name, json }) => ({ id, name, arguments: parsed(json) }));
  return { ...seen, toolCalls, usage: usageOf(events.at(-1)?.metadata?.usage) };
}

function usageOf(usage: ConverseCommandOutput['usage']) {
  return {
    inputTokens:
      (usage?.inputTokens ?? 0) + (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0),
    cacheReadTokens: usage?.cacheReadInputTokens,
    cacheWriteTokens: usage?.cacheWriteInputTokens,
    outputTokens: usage?.outputTokens,
    total: usage?.totalTokens,
  };
}

/** The same of what was translated. */
function expected(gathered: ReturnType<typeof gather>) {
  const { usage } = gathered;
  return {
    text: gathered.text + gathered.refusal,
    reasoning: gathered.reasoning,
    signatures: gathered.signatures,
    redacted: gathered.redacted,
    toolCalls: gathered.toolCalls,
    usage: {
      inputTokens: usage?.inputTokens ?? 0,
      cacheReadTokens: usage?.cacheReadTokens ?? 0,
      cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
      total: (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0),
    },
  };
}

describe('recorded responses as Converse, read by AWS’s SDK', { skip: recordingsMissing }, () => {
  const all = recordings();
  let translated = 0;

  for (const recording of all.filter(({ status }) => status === 200)) {
    translated += 1;
    it(`${recording.file}: says the same`, async () => {
      const dialect = dialects[recording.dialect];
      if (!recording.stream) {
        const answer = dialect.decodeAnswer(parseJsonBody(recording.bytes));
        const seen = await readAnswer(bedrock.encodeAnswer(answer, identity));
        assert.deepEqual(seenAnswer(seen), expected(gatherAnswer(answer)));
        return;
      }
      const events = decodeStream(dialect, recording.bytes).filter(({ type }) => type !== 'end');
      const bytes = encodeStream(bedrock, [...events, { type: 'end' }]);
      for (const pieceBytes of [0, 3]) {
        assert.deepEqual(seenStream(await readStream(bytes, pieceBytes)), expected(gather(events)));
      }
    });
  }

  it('are many', () => assert.ok(translated >= 45));
});

describe('Converse, answers', () => {
  const finish = { unified: 'stop', raw: undefined } as const;
  const decoded = (changes: JsonObject): ChatAnswer =>
    bedrock.decodeAnswer({
      output: { message: { role: 'assistant', content: [{ text: 'x' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      ...changes,
    });

  it('read every stop reason, and write it back', () => {
    const reasons = {
      end_turn: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      model_context_window_exceeded: 'length',
      tool_use: 'tool-calls',
      content_filtered: 'content-filter',
      guardrail_intervened: 'content-filter',
      malformed_model_output: 'other',
      malformed_tool_use: 'other',
    };
    for (const [stopReason, unified] of Object.entries(reasons)) {
      const fields = stopReason === 'stop_sequence' ? { stop_sequence: 'END' } : undefined;
      const answer = decoded({ stopReason, additionalModelResponseFields: fields });
      assert.equal(answer.finish.unified, unified);
      const again = bedrock.encodeAnswer(answer, identity);
      assert.equal(again['stopReason'], stopReason);
      assert.deepEqual(again['additionalModelResponseFields'], fields);
    }
  });

  it('tell how long they took', async () => {
    const body = bedrock.encodeAnswer(
      { id: undefined, model: undefined, parts: [], finish, usage: undefined },
      { ...identity, elapsedMs: () => 12.6 },
    );
    const { metrics } = await readAnswer(body);
    assert.equal(metrics?.latencyMs, 13);
  });

  it('read text beside its citations, and keep what they do not know', () => {
    const server = { toolUse: { toolUseId: 'a', name: 's', input: {}, type: 'server_tool_use' } };
    const content = [
      { citationsContent: { content: [{ text: 'a' }, { text: 'b' }], citations: [{ title: 't' }] } },
      { video: { format: 'mp4' } },
      server,
    ];
    assert.deepEqual(decoded({ output: { message: { content } } }).parts, [
      { type: 'text', text: 'ab' },
      { type: 'other', kind: 'video', raw: { video: { format: 'mp4' } } },
      { type: 'other', kind: 'toolUse', raw: server },
    ]);
  });

  it('count cached input in, with the lifetimes of what was written', () => {
    const given = {
      inputTokens: 3,
      outputTokens: 61,
      totalTokens: 2435,
      cacheReadInputTokens: 2074,
      cacheWriteInputTokens: 297,
      cacheDetails: [
        { ttl: '5m', inputTokens: 97 },
        { ttl: '1h', inputTokens: 200 },
      ],
    };
    const { usage } = decoded({ usage: given });
    const truth: Usage = {
      inputTokens: 2374,
      cacheReadTokens: 2074,
      cacheWriteTokens: 297,
      cacheWrite1hTokens: 200,
      outputTokens: 61,
      reasoningTokens: 0,
    };
    assert.deepEqual(withoutRaw(usage!), truth);
    assert.deepEqual(usage!.raw, given);
    for (const wrong of [{ inputTokens: -1, outputTokens: 1 }, { inputTokens: 'x' }, {}, null]) {
      assert.equal(decoded({ usage: wrong }).usage, undefined);
    }
  });

  it('write redacted thinking of another dialect as bytes, and read it as it was', async () => {
    const parts = ['openai-responses:gAAA-_==', 'QUJD'].map((data) => ({
      type: 'redacted-reasoning' as const,
      data,
    }));
    const body = bedrock.encodeAnswer(
      { id: undefined, model: undefined, parts, finish, usage: undefined },
      identity,
    );
    const content = (await readAnswer(body)).output?.message?.content ?? [];
    const texts = content.map((block) => Buffer.from(block.reasoningContent!.redactedContent!).toString());
    assert.deepEqual(texts, ['openai-responses:gAAA-_==', 'ABC']);
    assert.deepEqual(bedrock.decodeAnswer(body).parts, parts);
  });
});

describe('Converse, streams', () => {
  const start = wireEvent(bedrock, 'messageStart', '{"role":"assistant"}');
  const stop = wireEvent(bedrock, 'messageStop', '{"stopReason":"end_turn"}');
  const metadata = wireEvent(bedrock, 'metadata', '{"usage":{"inputTokens":1,"outputTokens":2}}');

  it('end with the metadata, and are whole without them', () => {
    const types = (...frames: Buffer[]) =>
      decodeStream(bedrock, Buffer.concat(frames)).map(({ type }) => type);
    assert.deepEqual(types(start, stop, metadata), ['start', 'finish', 'usage', 'end']);
    assert.deepEqual(types(start, stop), ['start', 'finish']);
    assert.deepEqual(types(start, metadata, stop), ['start', 'usage', 'finish', 'end']);
    assert.deepEqual(types(start, stop, metadata, metadata), ['start', 'finish', 'usage', 'end']);
  });

  it('give a call without arguments an empty object, and pass over calls of the provider', () => {
    const block = (index: number, type: string | undefined) => [
      wireEvent(
        bedrock,
        'contentBlockStart',
        JSON.stringify({
          contentBlockIndex: index,
          start: { toolUse: { toolUseId: `t${index}`, name: 'f', type } },
        }),
      ),
      wireEvent(bedrock, 'contentBlockStop', JSON.stringify({ contentBlockIndex: index })),
    ];
    const frames = [start, ...block(0, 'server_tool_use'), ...block(1, undefined), stop];
    const gathered = gather(decodeStream(bedrock, Buffer.concat(frames)));
    assert.deepEqual(gathered.toolCalls, [{ id: 't1', name: 'f', arguments: {} }]);
    assert.equal(gathered.finish, 'tool-calls');
  });

  it('read an exception as the error it is, once', () => {
    const cases: [string, ErrorCode][] = [
      ['throttlingException', 'upstream_rate_limited'],
      ['validationException', 'upstream_rejected'],
      ['internalServerException', 'upstream_unavailable'],
      ['serviceUnavailableException', 'upstream_unavailable'],
      ['modelStreamErrorException', 'upstream_unavailable'],
      ['modelTimeoutException', 'upstream_unavailable'],
      ['accessDeniedException', 'upstream_auth'],
      ['someNewException', 'upstream_unavailable'],
    ];
    for (const [type, code] of cases) {
      const frame = wireEvent(bedrock, type, '{"message":"what happened"}');
      const events = decodeStream(bedrock, Buffer.concat([start, frame, frame, stop]));
      assert.deepEqual(gather(events).errors, [code], type);
      const error = events.find((event) => event.type === 'error')!.error;
      assert.equal(error.upstream?.type?.toLowerCase(), type.toLowerCase());
      assert.equal(error.upstream?.message, 'what happened');
    }
  });

  it('write the fragments of parallel calls one call after the other', async () => {
    const events: ChatEvent[] = [
      { type: 'tool-call', index: 0, id: 'a', name: 'f' },
      { type: 'tool-call', index: 1, id: 'b', name: 'g' },
      { type: 'tool-arguments', index: 1, fragment: '{"y":' },
      { type: 'tool-arguments', index: 0, fragment: '{"x":1}' },
      { type: 'tool-arguments', index: 1, fragment: '2}' },
      { type: 'text', text: 'done' },
      { type: 'end' },
    ];
    const seen = await readStream(encodeStream(bedrock, events));
    assert.deepEqual(seenStream(seen).toolCalls, [
      { id: 'a', name: 'f', arguments: { x: 1 } },
      { id: 'b', name: 'g', arguments: { y: 2 } },
    ]);
    assert.equal(seen.find((event) => event.messageStop)?.messageStop?.stopReason, 'tool_use');
  });

  it('refuse to hold more than their bound behind an open call', () => {
    const encoder = bedrock.eventEncoder(identity);
    encoder.encode({ type: 'tool-call', index: 0, id: 'a', name: 'f' });
    encoder.encode({ type: 'tool-call', index: 1, id: 'b', name: 'g' });
    const fragment = 'x'.repeat(9 * 1024 * 1024);
    assert.equal(encoder.encode({ type: 'tool-arguments', index: 1, fragment }), '');
    assert.throws(() => encoder.encode({ type: 'tool-arguments', index: 1, fragment }), {
      code: 'upstream_protocol',
      detail: /waitingCharsMax/,
    });
  });

  it('may be kept alive by a frame that AWS’s SDK and our own reader pass over', async () => {
    const beat = Buffer.from(bedrock.heartbeat as Uint8Array);
    const bytes = Buffer.concat([beat, start, beat, stop, beat, metadata]);
    const kinds = (await readStream(bytes)).flatMap((event) => Object.keys(event));
    assert.deepEqual(kinds, ['messageStart', 'messageStop', 'metadata']);
    const own = decodeStream(bedrock, bytes).map(({ type }) => type);
    assert.deepEqual(own, ['start', 'finish', 'usage', 'end']);
  });
});

describe('Converse, errors', () => {
  const failures: [ErrorCode, string, string][] = [
    ['invalid_request', 'ValidationException', 'ValidationException'],
    ['invalid_key', 'AccessDeniedException', 'ValidationException'],
    ['forbidden', 'AccessDeniedException', 'ValidationException'],
    ['model_not_found', 'ResourceNotFoundException', 'ValidationException'],
    ['rate_limited', 'ThrottlingException', 'ThrottlingException'],
    ['budget_exceeded', 'ServiceQuotaExceededException', 'ValidationException'],
    ['overloaded', 'ServiceUnavailableException', 'ServiceUnavailableException'],
    ['internal', 'InternalServerException', 'InternalServerException'],
    ['upstream_unavailable', 'InternalServerException', 'ModelStreamErrorException'],
    ['stream_interrupted', 'InternalServerException', 'ModelStreamErrorException'],
  ];

  it('have names that AWS’s SDK throws, as answers and inside streams', async () => {
    for (const [code, whole, inStream] of failures) {
      const error = new GatewayError(code, `Because of ${code}.`);
      const { message } = error;
      const body = bedrock.encodeError(error, 'req_01');
      await assert.rejects(readAnswer(body, error.status), { name: whole, message });
      const frame = Buffer.from(bedrock.encodeErrorFrame(error, 'req_01') as Uint8Array);
      const begun = Buffer.concat([wireEvent(bedrock, 'messageStart', '{"role":"assistant"}'), frame]);
      await assert.rejects(readStream(begun), { name: inStream, message });
    }
  });

  it('are read whichever way the service writes them', () => {
    const read = (body: unknown) => {
      const { message, type } = bedrock.decodeError(400, body);
      return [message, type];
    };
    assert.deepEqual(read({ message: 'Too many tokens.' }), ['Too many tokens.', undefined]);
    assert.deepEqual(read({ Message: 'No access.' }), ['No access.', undefined]);
    assert.deepEqual(
      read({ __type: 'com.amazon.coral.service#AccessDeniedException', Message: 'No access.' }),
      ['No access.', 'AccessDeniedException'],
    );
    assert.deepEqual(read('<html><title>403 Forbidden</title></html>'), ['403 Forbidden', undefined]);
  });
});
