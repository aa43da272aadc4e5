/** What travels: a chat request of 1,200 bytes, a reply of 1,154 bytes, a stream of 66 events of about 250 bytes and `[DONE]`. */

const headers = [
  'date: Mon, 23 Nov 2026 12:00:00 GMT',
  'openai-version: 2020-10-01',
  'openai-processing-ms: 312',
  'x-request-id: req_5f2e0c2a9b7d4e6f8a1b3c5d7e9f0a2b',
  'x-ratelimit-limit-requests: 10000',
  'x-ratelimit-limit-tokens: 2000000',
  'x-ratelimit-remaining-requests: 9999',
  'x-ratelimit-remaining-tokens: 1999871',
  'x-ratelimit-reset-requests: 6ms',
  'x-ratelimit-reset-tokens: 3ms',
];

function head(extra: string[]): string {
  return ['HTTP/1.1 200 OK', ...headers, ...extra, '', ''].join('\r\n');
}

export const requestBody = Buffer.from(
  JSON.stringify({
    model: 'bench',
    messages: Array.from({ length: 6 }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: 'lorem '.repeat(24),
    })),
  })
    .padEnd(1_200, ' ')
    .slice(0, 1_200),
);

const replyBody = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_760_000_000,
  model: 'bench',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'ipsum '.repeat(140) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 180, completion_tokens: 160, total_tokens: 340 },
}).padEnd(1_154, ' ');

export const jsonAnswer = Buffer.from(
  head(['content-type: application/json', `content-length: ${Buffer.byteLength(replyBody)}`]) + replyBody,
);

export const eventsPerStream = 66;
/** Occurs once in each event, so that a reader can count events however they are cut. */
export const eventMark = 0x7e;
export const pacedEveryMs = 10;

function event(at: number): string {
  const choice = { index: 0, delta: { content: `~word${at} ` }, logprobs: null, finish_reason: null };
  const data = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'bench',
    choices: [choice],
  };
  return `data: ${JSON.stringify(data).padEnd(242, ' ')}\n\n`;
}

function httpChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

const chunks = Array.from({ length: eventsPerStream }, (_, at) => httpChunk(event(at)));
const lastChunk = `${httpChunk('data: [DONE]\n\n')}0\r\n\r\n`;

export const streamHead = Buffer.from(
  head(['content-type: text/event-stream', 'transfer-encoding: chunked']),
);
export const burstAnswer = Buffer.concat([streamHead, Buffer.from(chunks.join('') + lastChunk)]);
export const pacedChunks = [...chunks.map((chunk) => Buffer.from(chunk)), Buffer.from(lastChunk)];
