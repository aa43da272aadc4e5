import { isObject, type JsonObject } from '../../protocol/index.ts';
import { fault, type Outcome, ok, outcome, warning } from '../check.ts';
import { isRefusal, unclear, wordsOf } from '../failures.ts';
import { askQuietly, type Subject } from '../subject.ts';
import { textOf, wasCut } from '../words.ts';

const hues = ['cerulean', 'vermilion'];

const body: JsonObject = {
  messages: [{ role: 'user', content: 'Write one sentence about the sky.' }],
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'sky',
      strict: true,
      schema: {
        type: 'object',
        properties: { hue: { type: 'string', enum: hues }, rank: { type: 'integer' } },
        required: ['hue', 'rank'],
        additionalProperties: false,
      },
    },
  },
};

const stateIt =
  'state capabilities.json_schema: false of the deployment, or start a server that enforces schemas';

/** The schema decides the answer: the words of the request alone would never give this one. */
export async function checkJsonSchema(subject: Subject): Promise<Outcome> {
  const asked = await askQuietly(subject, body);
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault('json-schema', 'json-schema-refused', `it refuses JSON schemas: ${wordsOf(asked)}`, stateIt),
      {
        capability: 'json-schema',
        value: false,
        evidence: 'it refused a JSON schema',
      },
    );
  if (asked.kind !== 'answered') return unclear('json-schema', asked, subject.deployment.provider);
  if (isSky(textOf(asked.answer)))
    return outcome(ok('json-schema', 'JSON schemas are honoured'), {
      capability: 'json-schema',
      value: true,
      evidence: 'its answer followed a JSON schema',
    });
  if (wasCut(asked.answer))
    return outcome(
      warning('json-schema', 'json-schema-ignored', 'it thought for longer than the checks allow', undefined),
    );
  return outcome(
    fault('json-schema', 'json-schema-ignored', 'it ignores the JSON schema that it is given', stateIt),
    { capability: 'json-schema', value: false, evidence: 'its answer did not follow a JSON schema' },
  );
}

function isSky(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return (
      isObject(value) &&
      Object.keys(value).length === 2 &&
      hues.includes(String(value['hue'])) &&
      Number.isInteger(value['rank'])
    );
  } catch {
    return false;
  }
}
