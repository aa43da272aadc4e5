import assert from 'node:assert/strict';
import type { StreamFrame } from '../../../src/protocol/index.ts';
import { isObject, type JsonObject } from '../../../src/protocol/index.ts';

/**
 * Checks of Messages objects against the types that Anthropic's SDK publishes (there is no schema file): every field that
 * the type requires is present, and a stream follows the documented order.
 */

const messageFields = [
  'id',
  'container',
  'content',
  'diagnostics',
  'model',
  'role',
  'stop_details',
  'stop_reason',
  'stop_sequence',
  'type',
  'usage',
];
const usageFields = [
  'cache_creation',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'inference_geo',
  'input_tokens',
  'output_tokens',
  'output_tokens_details',
  'server_tool_use',
  'service_tier',
  'speed',
];
const deltaUsageFields = [
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'input_tokens',
  'output_tokens',
  'output_tokens_details',
  'server_tool_use',
];
const blockFields: { [type: string]: string[] } = {
  text: ['citations', 'text'],
  thinking: ['signature', 'thinking'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'caller', 'input', 'name'],
};
const deltaOfBlock: { [type: string]: string[] } = {
  text: ['text_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  redacted_thinking: [],
  tool_use: ['input_json_delta'],
};
const stopReasons = ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal'];

function object(value: unknown): JsonObject {
  assert.ok(isObject(value));
  return value;
}

function has(value: unknown, fields: readonly string[], what: string): void {
  for (const field of fields) assert.ok(field in object(value), `${what} has no ${field}`);
}

function checkBlock(block: unknown): string {
  const type = String(object(block)['type']);
  assert.ok(blockFields[type] !== undefined, `a block of type ${type}`);
  has(block, blockFields[type]!, `a ${type} block`);
  return type;
}

export function assertMessage(message: JsonObject): void {
  has(message, messageFields, 'the message');
  has(message['usage'], usageFields, 'usage');
  assert.ok(stopReasons.includes(String(message['stop_reason'])));
  for (const block of message['content'] as unknown[]) checkBlock(block);
}

export function assertMessageStream(frames: readonly StreamFrame[]): void {
  let state: 'new' | 'between' | 'delta' | 'done' = 'new';
  let open: { index: number; type: string } | undefined;
  let next = 0;
  for (const { event, data } of frames) {
    const body = object(JSON.parse(data!));
    assert.equal(body['type'], event);
    switch (event) {
      case 'message_start':
        assert.equal(state, 'new');
        has(body['message'], messageFields, 'message_start');
        has(object(body['message'])['usage'], usageFields, 'usage of message_start');
        state = 'between';
        break;
      case 'content_block_start':
        assert.equal(state, 'between');
        assert.equal(open, undefined, 'a block starts inside another');
        assert.equal(body['index'], next);
        open = { index: next, type: checkBlock(body['content_block']) };
        next += 1;
        break;
      case 'content_block_delta':
        assert.equal(body['index'], open?.index);
        assert.ok(deltaOfBlock[open!.type]!.includes(String(object(body['delta'])['type'])));
        break;
      case 'content_block_stop':
        assert.equal(body['index'], open?.index);
        open = undefined;
        break;
      case 'message_delta':
        assert.equal(state, 'between');
        assert.equal(open, undefined);
        has(body['delta'], ['container', 'stop_details', 'stop_reason', 'stop_sequence'], 'message_delta');
        assert.ok(stopReasons.includes(String(object(body['delta'])['stop_reason'])));
        has(body['usage'], deltaUsageFields, 'usage of message_delta');
        state = 'delta';
        break;
      case 'message_stop':
        assert.equal(state, 'delta');
        state = 'done';
        break;
      default:
        assert.fail(`an event ${event}`);
    }
  }
  assert.equal(state, 'done');
}
