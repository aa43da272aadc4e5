import { isObject, type JsonObject } from '../../json.ts';
import { skipSpace } from '../../json-scan.ts';
import { spliceTopLevel, type TopLevelEdits } from '../../json-splice.ts';
import { notDocumented, parseAnswer, type ServiceAnswer, type ServiceTarget } from '../answer.ts';
import { jsonMember, jsonMembers } from '../json-member.ts';
import { serviceUsage } from '../usage.ts';
import type { EmbeddingsForm } from './form.ts';
import type { EmbeddingsRequest } from './request.ts';
import { base64OfVector, isVector, vectorOfBase64 } from './vectors.ts';

/** OpenAI's own format, which nearly every server speaks: bytes pass both ways. */
export const openaiEmbeddings: EmbeddingsForm = {
  encode({ bytes, body, model: asked }: EmbeddingsRequest, { model, floatOnly }: ServiceTarget): Uint8Array {
    const edits: { -readonly [key in keyof TopLevelEdits]: TopLevelEdits[key] } = {};
    if (asked !== model) edits['model'] = model;
    if (floatOnly === true && body['encoding_format'] !== undefined) edits['encoding_format'] = undefined;
    return spliceTopLevel(bytes, edits);
  },

  decode(bytes: Uint8Array, { encoding }: EmbeddingsRequest): ServiceAnswer {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { data, usage: reported } = jsonMembers(text, ['data', 'usage']);
    if (data === undefined || data[0] !== 0x5b) throw notDocumented('the answer has no list `data`');
    const usage = serviceUsage(reported === undefined ? {} : { usage: objectIn(reported) });
    const first = jsonMember(data, 'embedding', skipSpace(data, 1));
    if (first === undefined) throw notDocumented('`data` holds no embedding');
    const found = first[0] === 0x22 ? 'base64' : 'float';
    return { bytes: found === encoding ? bytes : converted(bytes, encoding), ...usage };
  },
};

function objectIn(bytes: Buffer): JsonObject {
  return bytes[0] === 0x7b ? parseAnswer(bytes) : {};
}

/** Some servers ignore the encoding that was asked for, and the official client would read numbers as if they were bytes. */
function converted(bytes: Uint8Array, encoding: EmbeddingsRequest['encoding']): Uint8Array {
  const answer = parseAnswer(bytes);
  const data = Array.isArray(answer['data']) ? answer['data'] : [];
  const rows = data.map((row: unknown) => {
    if (!isObject(row)) throw notDocumented('a row of `data` is no object');
    return { ...row, embedding: encodedVector(row['embedding'], encoding) };
  });
  return Buffer.from(JSON.stringify({ ...answer, data: rows }));
}

function encodedVector(value: unknown, encoding: EmbeddingsRequest['encoding']): string | number[] {
  if (encoding === 'base64') {
    if (typeof value === 'string') return value;
    if (isVector(value)) return base64OfVector(value);
  } else {
    if (isVector(value)) return value;
    const vector = typeof value === 'string' ? vectorOfBase64(value) : undefined;
    if (vector !== undefined) return vector;
  }
  throw notDocumented('an embedding is neither a list of numbers nor base64');
}
