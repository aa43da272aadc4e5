import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { createSseFramer, dialects, parseJsonBody } from '../../src/protocol/index.ts';
import { answers, streams } from './dialect-conformance.ts';
import { anthropicSchemas } from './support/anthropic-schema.ts';
import { recordings, recordingsMissing } from './support/recordings.ts';
import { decodeStream, encodeStream, identity } from './support/streams.ts';

const messages = dialects['anthropic-messages'];
const schemas = anthropicSchemas(['Message', 'RawMessageStreamEvent']);
const isMessage = schemas['Message']!;
const isEvent = schemas['RawMessageStreamEvent']!;
const traits = {
  refusalText: true,
  signedHistory: true,
  toolErrors: true,
  cacheLifetimes: true,
  seedAndPenalties: true,
  topK: true,
};

function valid(validate: ValidateFunction, value: unknown): void {
  assert.ok(validate(value), JSON.stringify([validate.errors?.slice(0, 3), value]).slice(0, 2000));
}

function checkStream(bytes: Uint8Array): void {
  const framer = createSseFramer();
  for (const { data } of [...framer.push(bytes), ...framer.end()]) {
    if (data !== undefined) valid(isEvent, JSON.parse(data));
  }
}

describe('what we write in Messages, against the types of Anthropic’s SDK', () => {
  it('the schema refuses what is wrong', () => {
    assert.ok(!isMessage({ type: 'message', role: 'assistant', content: [] }));
    assert.ok(!isEvent({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta' } }));
    assert.ok(!isEvent({ type: 'message_stop', extra: 1 }));
  });

  it('every generated answer validates', () => {
    fc.assert(
      fc.property(answers(traits), (answer) => valid(isMessage, messages.encodeAnswer(answer, identity))),
      { numRuns: 300 },
    );
  });

  it('every event of every generated stream validates', () => {
    fc.assert(
      fc.property(streams(traits), ({ events }) => checkStream(encodeStream(messages, events))),
      { numRuns: 300 },
    );
  });

  it('every recorded answer of every dialect validates once it is translated', {
    skip: recordingsMissing,
  }, () => {
    const all = recordings().filter(({ status }) => status === 200);
    assert.ok(all.length > 80);
    for (const { dialect, stream, bytes } of all) {
      const source = dialects[dialect];
      if (stream) {
        const events = decodeStream(source, bytes);
        const whole = events.some(({ type }) => type === 'end')
          ? events
          : [...events, { type: 'end' as const }];
        checkStream(encodeStream(messages, whole));
      } else {
        valid(isMessage, messages.encodeAnswer(source.decodeAnswer(parseJsonBody(bytes)), identity));
      }
    }
  });
});
