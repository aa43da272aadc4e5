import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeEmbeddingsRequest,
  decodeRerankRequest,
  embeddingsForms,
  FormFieldFinder,
  jsonMember,
  parseJsonBody,
  rerankForms,
  serviceUsage,
} from '../../src/protocol/index.ts';
import { base64OfVector, vectorOfBase64 } from '../../src/protocol/services/embeddings/vectors.ts';

const identity = { requestId: 'req_1', model: 'at-upstream' };
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const jsonOf = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;

function rerankRequest(extra: object = {}) {
  const bytes = bytesOf({ model: 'm', query: 'q', documents: ['one', { text: 'two' }], ...extra });
  return decodeRerankRequest(parseJsonBody(bytes), bytes);
}

test('DashScope’s own rerank form: input and parameters apart, results and tokens read back', () => {
  const request = rerankRequest({ top_n: 1, return_documents: true, instruct: 'find it' });
  const form = rerankForms.dashscope;
  assert.deepEqual(jsonOf(form.encode(request, { model: 'gte-rerank-v2' })), {
    model: 'gte-rerank-v2',
    input: { query: 'q', documents: ['one', 'two'] },
    parameters: { top_n: 1, instruct: 'find it', return_documents: false },
  });
  const answer = form.decode(
    bytesOf({
      output: { results: [{ index: 1, relevance_score: 0.5 }] },
      usage: { total_tokens: 79 },
      request_id: 'abc',
    }),
    request,
    identity,
  );
  assert.equal(answer.usage?.inputTokens, 79);
  assert.deepEqual(jsonOf(answer.bytes), {
    id: 'abc',
    model: 'at-upstream',
    results: [{ index: 1, relevance_score: 0.5, document: { text: 'two' } }],
    usage: { total_tokens: 79 },
  });
});

test('Cohere’s rerank form: texts only, search units read, its own meta kept', () => {
  const form = rerankForms.cohere;
  const request = rerankRequest({ return_documents: true, max_tokens_per_doc: 100 });
  assert.deepEqual(jsonOf(form.encode(request, { model: 'rerank-v3.5' })), {
    model: 'rerank-v3.5',
    query: 'q',
    documents: ['one', 'two'],
    max_tokens_per_doc: 100,
  });
  const meta = { api_version: { version: '2' }, billed_units: { search_units: 1 } };
  const answer = form.decode(
    bytesOf({ id: 'r', results: [{ index: 0, relevance_score: 1 }], meta }),
    request,
    identity,
  );
  assert.deepEqual(
    [answer.usage, answer.units],
    [undefined, { images: undefined, seconds: undefined, searches: 1 }],
  );
  assert.deepEqual(jsonOf(answer.bytes), {
    id: 'r',
    results: [{ index: 0, relevance_score: 1, document: { text: 'one' } }],
    meta,
    model: 'at-upstream',
  });
  const images = rerankRequest({ documents: [{ image: 'https://x/y.png' }] });
  assert.throws(() => form.encode(images, { model: 'm' }), { code: 'unsupported_by_candidates' });
  assert.deepEqual(jsonOf(rerankForms.jina.encode(images, { model: 'm' })), {
    model: 'm',
    query: 'q',
    documents: [{ image: 'https://x/y.png' }],
  });
});

test('an answer without an embedding for each text, or of another form, is no answer', () => {
  const bytes = bytesOf({ model: 'm', input: ['a', 'b'] });
  const request = decodeEmbeddingsRequest(parseJsonBody(bytes), bytes);
  const short = bytesOf({ embeddings: { float: [[1]] } });
  assert.throws(() => embeddingsForms.cohere.decode(short, request, identity), { code: 'upstream_protocol' });
  for (const odd of ['', '[]', '{"data":{}}', '{"data":[]}', '{"data":[{"index":0}]}']) {
    assert.throws(() => embeddingsForms.openai.decode(Buffer.from(odd), request, identity), {
      code: 'upstream_protocol',
    });
  }
});

test('vectors survive base64, as 32-bit floats', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1 }), (vector) => {
      assert.deepEqual(vectorOfBase64(base64OfVector(vector)), vector);
    }),
  );
  assert.equal(vectorOfBase64('aGk='), undefined);
});

test('a member is found as JSON.parse finds it, whatever stands before it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (before, value) => {
      const object = { ...before, usage: value };
      const found = jsonMember(Buffer.from(JSON.stringify(object, undefined, 1)), 'usage');
      assert.deepEqual(JSON.parse(String(found)), JSON.parse(JSON.stringify(value)));
    }),
  );
  assert.equal(jsonMember(Buffer.from('[1]'), 'usage'), undefined);
  assert.equal(jsonMember(Buffer.from('{"a":1}'), 'usage'), undefined);
});

test('usage is read in the words of every endpoint, and what cannot be true is not', () => {
  const tokens = (usage: object) => {
    const read = serviceUsage({ usage }).usage;
    return read && [read.inputTokens, read.outputTokens];
  };
  assert.deepEqual(tokens({ prompt_tokens: 3, total_tokens: 3 }), [3, 0]);
  assert.deepEqual(tokens({ total_tokens: 8 }), [8, 0]);
  assert.deepEqual(tokens({ input_tokens: 3, output_tokens: 4, total_tokens: 7 }), [3, 4]);
  assert.equal(tokens({ prompt_tokens: -1, total_tokens: 3 }), undefined);
  assert.equal(tokens({ total_tokens: 1e15 }), undefined);
  assert.equal(serviceUsage({ usage: { type: 'duration', seconds: 2.5 } }).units?.seconds, 2.5);
  assert.equal(
    serviceUsage({ meta: { tokens: { input_tokens: 6, output_tokens: 0 } } }).usage?.inputTokens,
    6,
  );
});

describe('a field of a form', () => {
  const boundary = 'b-1';
  const file = '\r\n--b-1x\r\n--b\r\nname="model"\r\n\r\nnot this';
  const part = (headers: string, value: string) => `--${boundary}\r\n${headers}\r\n\r\n${value}\r\n`;
  const form = [
    part('Content-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav', file),
    part('content-disposition:form-data;name=model', 'oa/whisper-1'),
    part('Content-Disposition: form-data; name="prompt"', ''),
    `--${boundary}--\r\n`,
  ].join('');

  function find(text: string, cuts: number[]): FormFieldFinder {
    const bytes = Buffer.from(text);
    const finder = new FormFieldFinder('model', boundary);
    let at = 0;
    for (const cut of [...cuts.map((each) => each % bytes.length).sort((a, b) => a - b), bytes.length]) {
      finder.push(bytes.subarray(at, cut));
      at = Math.max(at, cut);
    }
    return finder;
  }

  test('is found with its place, wherever the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        const { field } = find(form, cuts);
        assert.equal(field?.value, 'oa/whisper-1');
        assert.equal(form.slice(field.from, field.to), 'oa/whisper-1');
      }),
    );
    assert.equal(
      find(
        form,
        Array.from({ length: form.length }, (_, i) => i),
      ).field?.value,
      'oa/whisper-1',
    );
  });

  test('is undefined where there is none, and refused where there are two or it has no end', () => {
    assert.equal(find(form.replace('name=model', 'name=other'), []).field, undefined);
    const twice = form.replace('name="prompt"', 'name="model"');
    assert.throws(() => find(twice, []), { code: 'invalid_request', message: /more than once/ });
    const endless = part('content-disposition: form-data; name="model"', 'x'.repeat(5000));
    assert.throws(() => find(endless, [3000]), { code: 'invalid_request', message: /too long/ });
    assert.throws(() => find(`--${boundary}\r\nx: ${'y'.repeat(20_000)}`, []), { code: 'invalid_request' });
  });
});
