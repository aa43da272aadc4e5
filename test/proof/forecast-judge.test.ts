import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskJudge, judgedLoss } from '../../src/proof/forecast/run/judge.ts';
import { type ChatAnswer, clientDialects } from '../../src/protocol/index.ts';

const request = clientDialects['openai-chat'].decodeRequest(
  { model: 'auto', messages: [{ role: 'user', content: 'What is 2 + 2?' }] },
  new Uint8Array(),
);
const answer = (text: string): ChatAnswer => ({
  id: undefined,
  model: undefined,
  parts: [{ type: 'text', text }],
  finish: { unified: 'stop', raw: undefined },
  usage: undefined,
});

/** Says which of the two places holds the text it likes; `undefined` likes nobody. */
const judgeThatLikes =
  (liked: string): AskJudge =>
  async ({ user }) => {
    const first = user.slice(user.indexOf('<first>'), user.indexOf('</first>'));
    return { text: first.includes(liked) ? 'FIRST' : 'SECOND', usd: 0.001 };
  };

async function lossBy(ask: AskJudge, reference = 'four', other = 'five'): Promise<unknown> {
  return judgedLoss(request, answer(reference), answer(other), ask);
}

test('a verdict counts where it holds in both orders; a judge that always likes the first says nothing', async () => {
  assert.deepEqual(await lossBy(judgeThatLikes('four')), { loss: 1, usd: 0.002, asked: true });
  assert.deepEqual(await lossBy(judgeThatLikes('five')), { loss: -1, usd: 0.002, asked: true });
  assert.deepEqual(await lossBy(async () => ({ text: 'first.', usd: 0.001 })), {
    loss: 0,
    usd: 0.002,
    asked: true,
  });
  assert.deepEqual(await lossBy(async () => ({ text: 'TIE', usd: 0 })), { loss: 0, usd: 0, asked: true });
});

test('the same words are as good without asking', async () => {
  const never: AskJudge = async () => assert.fail('nobody is asked');
  assert.deepEqual(await lossBy(never, 'four  \n', ' four'), { loss: 0, usd: 0, asked: false });
});

test('what a judge says beside the point is no verdict, and is paid all the same', async () => {
  assert.deepEqual(await lossBy(async () => ({ text: 'Both are fine, I think', usd: 0.001 })), {
    loss: undefined,
    usd: 0.002,
    asked: true,
  });
  assert.deepEqual(await lossBy(async () => undefined), { loss: undefined, usd: 0, asked: true });
});

test('a judge reads the ends of what is too long, never more than a bound', async () => {
  const seen: number[] = [];
  await lossBy(
    async ({ user }) => {
      seen.push(user.length);
      assert.ok(user.includes('BEGIN') && user.includes('END'));
      return { text: 'TIE', usd: 0 };
    },
    `BEGIN${'x'.repeat(100_000)}END`,
    'short',
  );
  assert.deepEqual(
    seen.map((each) => each < 20_000),
    [true, true],
  );
});
