import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client, ClientKind } from './client.ts';
import { person, pixel, weatherTool } from './questions.ts';
import { type Stage, startWithSandbox } from './stage.ts';

/** The checks against a gateway that was started without keys and configuration. */
export function testSandbox(kind: ClientKind): void {
  let stage: Stage;
  let client: Client;
  before(async () => {
    stage = await startWithSandbox(kind);
    client = stage.connect();
  });
  after(() => stage.close());

  test('chat and stream say the same, in pieces, with the same usage', async () => {
    const question = { model: stage.model, prompt: 'Describe a camel 🐫 in two lines' };
    const whole = await client.ask(question);
    assert.match(whole.text, /simulated/);
    assert.equal(whole.finish, 'stop');
    const streamed = await client.stream!(question);
    assert.equal(streamed.text, whole.text);
    assert.equal(streamed.deltas.join(''), whole.text);
    assert.ok(streamed.deltas.length > 5);
    assert.equal(streamed.finish, 'stop');
    assert.ok((whole.usage.inputTokens ?? 0) > 0 && (whole.usage.outputTokens ?? 0) > 0);
    assert.deepEqual(
      [streamed.usage.inputTokens, streamed.usage.outputTokens],
      [whole.usage.inputTokens, whole.usage.outputTokens],
    );
  });

  test('auto answers, and says that the answer is simulated', async () => {
    const answer = await client.ask({ model: 'auto', prompt: 'What is 17*23?' });
    assert.match(answer.text, /391/);
    assert.equal(stage.exchanges.at(-1)!.headers!.get('x-yumen-simulated'), 'true');
  });

  for (const stream of [false, true]) {
    test(`a tool loop with parallel calls${stream ? ', streamed' : ''}`, async () => {
      const weather = weatherTool();
      const question = { model: stage.model, prompt: 'Weather in Paris and Tokyo, in celsius?' };
      const text = await client.useTools!(question, [weather], { stream });
      assert.deepEqual(weather.inputs, [
        { city: 'Paris', unit: 'celsius' },
        { city: 'Tokyo', unit: 'celsius' },
      ]);
      assert.match(text, /temperature: 22/);
      assert.match(text, /temperature: 23/);
    });
  }

  test('structured output, whole and streamed', async () => {
    const question = { model: stage.model, prompt: 'Extract the person: Ada Lovelace, 36, of London.' };
    const whole = person.parse(await client.askForObject!(question, person));
    assert.equal(whole.name, 'Ada Lovelace');
    assert.equal(whole.age, 36);
    assert.deepEqual(await client.streamObject!(question, person), whole);
  });

  test('an image is seen, and refused where the model has no eyes', async () => {
    const question = { prompt: 'What is this?', imageUrl: pixel };
    const { text } = await client.ask({ model: stage.model, ...question });
    assert.match(text, /PNG, 1×1 px, 70 bytes/);
    await assert.rejects(client.ask({ model: 'sandbox/mini-open', ...question }), (thrown) => {
      const failure = kind.failure(thrown);
      assert.equal(failure.status, 400);
      assert.match(failure.message, /image/);
      return true;
    });
  });

  for (const stream of [false, true]) {
    test(`reasoning comes apart from the answer${stream ? ', streamed' : ''}`, async () => {
      const question = { model: stage.thinkingModel, prompt: 'Why is the sky blue?' };
      const answer = stream ? await client.stream!(question) : await client.ask(question);
      assert.match(answer.text, /simulated/);
      if (kind.lacks?.reasoning !== undefined) assert.equal(answer.reasoning, '');
      else assert.match(answer.reasoning, /simulation/);
      assert.doesNotMatch(answer.text, /simulation/);
    });
  }

  test('thinking that is asked for happens', async () => {
    const question = { model: stage.model, prompt: 'Why is the sky blue?' };
    const plain = await client.ask(question);
    const thought = await client.ask({ ...question, thinks: true });
    assert.equal(plain.reasoning, '');
    assert.ok((thought.usage.outputTokens ?? 0) > (plain.usage.outputTokens ?? 0));
    if (kind.lacks?.reasoning === undefined) assert.notEqual(thought.reasoning, '');
  });

  test('the output limit and stop sequences end an answer', async () => {
    const question = { model: stage.model, prompt: 'Tell me a story' };
    const short = await client.ask({ ...question, maxOutputTokens: 5 });
    assert.equal(short.finish, 'length');
    assert.equal(short.usage.outputTokens, 5);
    if (kind.lacks?.stop !== undefined) return;
    const stopped = await client.stream!({ ...question, stop: ['simulated'] });
    assert.equal(stopped.finish, 'stop');
    assert.doesNotMatch(stopped.text, /simulated/);
  });

  test('mistakes are refused once, with the right status', async () => {
    const refused = async (call: () => Promise<unknown>, status: number, message: RegExp) => {
      const before = stage.exchanges.length;
      await assert.rejects(call, (thrown) => {
        const failure = kind.failure(thrown);
        assert.equal(failure.status, status);
        assert.match(failure.message, message);
        return true;
      });
      assert.equal(stage.exchanges.length, before + 1);
    };
    const hello = { model: stage.model, prompt: 'Hi' };
    await refused(() => stage.connect({ key: 'yk-wrong' }).ask(hello), 401, /key/);
    await refused(() => client.ask({ ...hello, model: 'gpt-9' }), 404, /gpt-9/);
    await refused(
      () => client.ask({ model: 'sandbox/mini-open', prompt: 'word '.repeat(60_000) }),
      400,
      /context/,
    );
    assert.match((await client.ask(hello)).text, /./);
  });

  test('a call that is aborted before it began is an abort', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(
      client.ask({ model: stage.model, prompt: 'Hi', signal }),
      (thrown) => kind.failure(thrown).aborted,
    );
  });

  if (kind.lacks?.models === undefined) {
    test('models are listed', async () => {
      const ids = await client.models!();
      assert.equal(ids[0], 'auto');
      assert.ok(ids.includes('sandbox/frontier'));
    });
  }
}
