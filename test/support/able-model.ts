import { isObject } from '../../src/protocol/index.ts';
import type { FakeReply, FakeRequest } from './fake-reply.ts';

export interface AbleModelChange {
  /** Instead of what an able model would answer to a question that contains these words. */
  instead?: { [words: string]: FakeReply };
  /** Everything is answered with this too. */
  always?: FakeReply;
  /** Prompts are shortened to so many characters, from the front. */
  keepsChars?: number;
  /** Whether it thinks, by what it is sent; never when absent. */
  thinks?: (body: { [field: string]: unknown }) => boolean;
}

/** A fake upstream's script: a model that can do all that the doctor asks of it, but for what a test takes away. */
export function ableModel(change: AbleModelChange = {}): (request: FakeRequest) => FakeReply {
  return (request) => {
    const text = request.bytes.toString('utf8');
    const thinks = isObject(request.body) && change.thinks?.(request.body) === true;
    const instead = Object.entries(change.instead ?? {}).find(([words]) => text.includes(words))?.[1];
    const reply = instead ?? answerTo(text, change.keepsChars ?? Number.POSITIVE_INFINITY);
    return { ...(thinks ? { reasoning: ['Let me ', 'see.'] } : {}), ...reply, ...change.always };
  };
}

function answerTo(text: string, keepsChars: number): FakeReply {
  if (text.includes('about the sky')) return {};
  if (text.includes('read_thermometer')) {
    // Of the name of a reading, only results have it in lower case.
    if (text.includes('celsius')) return { text: ['Oslo has -41 °C ', 'and Cairo 63 °C.'] };
    const call = (place: string) => ({ name: 'read_thermometer', arguments: JSON.stringify({ place }) });
    return { toolCalls: [call('Oslo'), call('Cairo')] };
  }
  if (text.includes('Count from 1 to 30'))
    return { text: Array.from({ length: 30 }, (_, index) => `${index + 1} `) };
  if (text.includes('cormorant')) return { text: 'cormorant' };
  if (text.includes('Which colour')) return { text: 'Red.' };
  if (text.includes('What is the password')) {
    const kept = text.slice(-keepsChars);
    const cut = kept.length < text.length ? { inputTokens: Math.round(keepsChars / 4) } : {};
    return { text: /The password is ([\w-]+)/.exec(kept)?.[1] ?? 'I was told none.', ...cut };
  }
  if (text.includes('sheep')) return { text: 'He has 13 sheep.' };
  return { text: 'pong' };
}
