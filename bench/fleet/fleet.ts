import { isObject } from '../../src/protocol/index.ts';
import type { FakeReply, FakeRequest } from '../../test/support/fake-reply.ts';
import { startFakeUpstream } from '../../test/support/fake-upstream.ts';
import { answerReply, type RecordedForm } from './answers.ts';
import { askKey, type RecordedAsk } from './asks.ts';
import type { RecordedPrice } from './prices.ts';

/** What the upstreams answer from. */
export interface RecordedFleet {
  asks: readonly RecordedAsk[];
  /** By the recorded name of the model. */
  prices: ReadonlyMap<string, RecordedPrice>;
  formOf(ask: RecordedAsk): RecordedForm;
}

/** Two vendors on loopback that answer every recorded prompt as the model that is asked for once did. */
export interface Fleet {
  /** Speaks chat completions. */
  chatUrl: string;
  /** Speaks Anthropic's messages, so that what goes there is translated. */
  messagesUrl: string;
  /** Calls answered so far. */
  readonly calls: number;
  close(): Promise<void>;
}

export async function startFleet({ asks, prices, formOf }: RecordedFleet): Promise<Fleet> {
  const known = new Map(
    asks.map((ask) => [
      askKey(
        ask.row.prompt,
        ask.tools.map(({ function: own }) => toolName(own)),
      ),
      ask,
    ]),
  );
  const replyTo =
    (cutShort: string) =>
    ({ body }: FakeRequest): FakeReply => {
      if (!isObject(body)) return { status: 400, error: { message: 'not JSON' } };
      const ask = known.get(askKey(newestUserText(body['messages']), toolNames(body['tools'])));
      const model = String(body['model']);
      const price = prices.get(model);
      if (ask === undefined || price === undefined)
        return { status: 404, error: { message: 'nothing of this was recorded' } };
      const reply = answerReply(ask, model, formOf(ask));
      return {
        ...reply,
        ...price.tokens(ask.row),
        ...(reply.finish === undefined ? {} : { finish: cutShort }),
      };
    };
  const chat = await startFakeUpstream({ dialect: 'openai-chat', script: replyTo('length') });
  const messages = await startFakeUpstream({ dialect: 'anthropic-messages', script: replyTo('max_tokens') });
  return {
    chatUrl: chat.baseUrl,
    messagesUrl: messages.baseUrl,
    get calls() {
      return chat.requests.length + messages.requests.length;
    },
    async close() {
      await Promise.all([chat.close(), messages.close()]);
    },
  };
}

/** In either dialect: a text, or parts with texts. */
function newestUserText(messages: unknown): string {
  const newest = (Array.isArray(messages) ? messages : []).findLast(
    (message) => isObject(message) && message['role'] === 'user',
  );
  const content: unknown = isObject(newest) ? newest['content'] : undefined;
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content : [];
  return parts.map((part: unknown) => (isObject(part) ? String(part['text'] ?? '') : '')).join('\n');
}

function toolNames(tools: unknown): string[] {
  const list = Array.isArray(tools) ? tools : [];
  return list.map((tool: unknown) => (isObject(tool) ? toolName(tool['function'] ?? tool) : ''));
}

const toolName = (tool: unknown) => (isObject(tool) ? String(tool['name']) : '');
