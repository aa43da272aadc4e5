import assert from 'node:assert/strict';
import type { ValidateFunction } from 'ajv';
import { isObject, type JsonObject, type StreamFrame } from '../../../src/protocol/index.ts';
import { openAiSchemas, schemaMissing } from './openai-schema.ts';

/**
 * What the published OpenAI schema does not say, and the Open Responses specification does: which fields a response always has,
 * and in which order the events of a stream come.
 */

const numbers = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'top_logprobs'];
const nullable = [
  'completed_at',
  'incomplete_details',
  'previous_response_id',
  'instructions',
  'error',
  'reasoning',
  'max_output_tokens',
  'max_tool_calls',
  'safety_identifier',
  'prompt_cache_key',
];
const present = ['text', 'tool_choice', 'metadata', 'usage', 'service_tier', 'truncation'];

const schemaOfEvent: { [type: string]: string } = {
  'response.created': 'ResponseCreatedEvent',
  'response.in_progress': 'ResponseInProgressEvent',
  'response.output_item.added': 'ResponseOutputItemAddedEvent',
  'response.output_item.done': 'ResponseOutputItemDoneEvent',
  'response.content_part.added': 'ResponseContentPartAddedEvent',
  'response.content_part.done': 'ResponseContentPartDoneEvent',
  'response.output_text.delta': 'ResponseTextDeltaEvent',
  'response.output_text.done': 'ResponseTextDoneEvent',
  'response.refusal.delta': 'ResponseRefusalDeltaEvent',
  'response.refusal.done': 'ResponseRefusalDoneEvent',
  'response.reasoning_summary_part.added': 'ResponseReasoningSummaryPartAddedEvent',
  'response.reasoning_summary_part.done': 'ResponseReasoningSummaryPartDoneEvent',
  'response.reasoning_summary_text.delta': 'ResponseReasoningSummaryTextDeltaEvent',
  'response.reasoning_summary_text.done': 'ResponseReasoningSummaryTextDoneEvent',
  'response.function_call_arguments.delta': 'ResponseFunctionCallArgumentsDeltaEvent',
  'response.function_call_arguments.done': 'ResponseFunctionCallArgumentsDoneEvent',
  'response.completed': 'ResponseCompletedEvent',
  'response.incomplete': 'ResponseIncompleteEvent',
  'response.failed': 'ResponseFailedEvent',
  error: 'ResponseErrorEvent',
};

/** Where a part's text is told in pieces, and then whole: name of the delta's kind → field of the whole. */
const wholeField: { [kind: string]: string } = {
  output_text: 'text',
  refusal: 'refusal',
  reasoning_summary_text: 'text',
  function_call_arguments: 'arguments',
};

export interface ResponsesOracle {
  response(value: JsonObject): void;
  stream(frames: readonly StreamFrame[]): void;
}

/** Without the published schema only the order is checked. */
export function responsesOracle(): ResponsesOracle {
  const names = [...new Set(Object.values(schemaOfEvent)), 'Response'];
  const validators = schemaMissing === false ? openAiSchemas(names) : {};
  return {
    response: (value) => {
      check(validators['Response'], value);
      assertResponse(value);
    },
    stream: (frames) => {
      for (const frame of frames) {
        const body = JSON.parse(frame.data!) as JsonObject;
        const name = schemaOfEvent[String(body['type'])];
        assert.ok(name !== undefined, `an event ${String(body['type'])}`);
        check(validators[name], body);
        if (isObject(body['response'])) assertResponse(body['response']);
      }
      assertStream(frames);
    },
  };
}

function check(validate: ValidateFunction | undefined, value: unknown): void {
  if (validate === undefined) return;
  assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 5)));
}

function object(value: unknown): JsonObject {
  assert.ok(isObject(value));
  return value;
}

function assertResponse(response: JsonObject): void {
  for (const field of numbers) assert.equal(typeof response[field], 'number', field);
  for (const field of nullable) assert.notEqual(response[field], undefined, field);
  for (const field of present) assert.ok(response[field] !== undefined && response[field] !== null, field);
  for (const field of ['store', 'background', 'parallel_tool_calls']) {
    assert.equal(typeof response[field], 'boolean', field);
  }
  for (const tool of response['tools'] as JsonObject[]) assert.notEqual(tool['description'], undefined);
  const output = response['output'] as JsonObject[];
  const ids = output.map((item) => item['id']);
  assert.equal(new Set(ids).size, ids.length, 'two items have one id');
  const cut = output.findIndex((item) => item['status'] === 'incomplete');
  if (cut === -1) return;
  assert.equal(cut, output.length - 1, 'an incomplete item is not the last');
  assert.equal(response['status'], 'incomplete');
}

function assertStream(frames: readonly StreamFrame[]): void {
  const bodies = frames.map(({ event, data }, index) => {
    const body = object(JSON.parse(data!));
    assert.equal(body['type'], event);
    assert.equal(body['sequence_number'], index);
    return body;
  });
  const types = bodies.map((body) => String(body['type']));
  assert.deepEqual(types.slice(0, 2), ['response.created', 'response.in_progress']);
  const last = bodies.pop()!;
  assert.match(String(last['type']), /^response\.(completed|incomplete|failed)$/);
  const response = object(last['response']);
  assert.equal(last['type'], `response.${String(response['status'])}`);
  const done: unknown[] = [];
  let open: { id: unknown; index: number } | undefined;
  let told = '';
  for (const body of bodies.slice(2)) {
    const type = String(body['type']);
    if (type === 'error') continue;
    if (type === 'response.output_item.added') {
      assert.equal(open, undefined, 'an item starts inside another');
      open = { id: object(body['item'])['id'], index: done.length };
      told = '';
    }
    assert.ok(open !== undefined, `${type} outside an item`);
    assert.equal(body['output_index'], open.index);
    if (body['item'] === undefined) assert.equal(body['item_id'], open.id);
    const [, kind, step] = type.split('.');
    if (step === 'delta') told += String(body['delta']);
    if (step === 'done' && wholeField[kind!] !== undefined) {
      const whole = String(body[wholeField[kind!]!]);
      assert.equal(whole, kind === 'function_call_arguments' && told === '' ? '{}' : told);
      told = '';
    }
    if (type === 'response.output_item.done') {
      assert.equal(object(body['item'])['id'], open.id);
      done.push(body['item']);
      open = undefined;
    }
  }
  if (response['status'] === 'failed') return;
  assert.equal(open, undefined, 'an item is not closed');
  assert.deepEqual(response['output'], done);
}
