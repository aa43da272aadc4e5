import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectName } from '../../../src/protocol/index.ts';
import { binaryFrame } from '../../support/binary-frame.ts';

const folder = join(import.meta.dirname, '../../../../shared/data/wire');

/** What the recording's index says the provider counted, read off the answer by other code than ours. */
export interface UsageTruth {
  input: number;
  output: number;
  total?: number;
  cache_read?: number;
  cache_write?: number;
  /** Put before the model by the provider's own tools. */
  tool_prompt?: number;
  reasoning?: number;
}

export interface Recording {
  file: string;
  dialect: DialectName;
  stream: boolean;
  status: number;
  usage: UsageTruth | undefined;
  features: string[];
  /** As the bytes came, or framed again where only the payloads were kept. */
  bytes: Buffer;
}

interface IndexEntry {
  file: string;
  api: string;
  stream: boolean;
  status: number;
  form: string;
  features: string[];
  usage: UsageTruth | null;
}

const dialectOfApi: { [api: string]: DialectName } = {
  'openai.chat': 'openai-chat',
  'openai.responses': 'openai-responses',
  'anthropic.messages': 'anthropic-messages',
  'bedrock.converse': 'bedrock-converse',
  'gemini.generateContent': 'gemini',
  'gemini.streamGenerateContent': 'gemini',
  'bedrock.converse-stream': 'bedrock-converse',
};

export const recordingsMissing = existsSync(folder)
  ? false
  : 'the recorded responses are not on this machine';

export function recordings(): Recording[] {
  if (recordingsMissing !== false) return [];
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { entries: IndexEntry[] };
  return index.entries
    .filter((entry) => dialectOfApi[entry.api] !== undefined)
    .map((entry) => ({
      file: entry.file,
      dialect: dialectOfApi[entry.api]!,
      stream: entry.stream || entry.api === 'gemini.streamGenerateContent',
      status: entry.status,
      usage: entry.usage ?? undefined,
      features: entry.features,
      bytes: wireBytes(entry),
    }));
}

/** Bodies of the requests that led to the recordings. */
export function recordedRequests(): { file: string; dialect: DialectName; bytes: Buffer }[] {
  return recordings()
    .map(({ file, dialect }) => ({
      file: file.replace(/\.(events\.json|lines\.txt|json|sse)$/, '.request.json'),
      dialect,
    }))
    .filter(({ file }) => existsSync(join(folder, file)))
    .map(({ file, dialect }) => ({ file, dialect, bytes: readFileSync(join(folder, file)) }));
}

function wireBytes(entry: IndexEntry): Buffer {
  const bytes = readFileSync(join(folder, entry.file));
  if (entry.api === 'bedrock.converse-stream') return converseFrames(bytes.toString('utf8'));
  if (entry.form === 'sse-data-payloads-one-per-line') {
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return Buffer.from(`${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`);
  }
  // Without `alt=sse` the same chunks come as one array.
  if (entry.api === 'gemini.streamGenerateContent' && !entry.stream) {
    const chunks = JSON.parse(bytes.toString('utf8')) as object[];
    return Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''));
  }
  if (entry.form === 'parsed-sse-events-array') {
    const events = JSON.parse(bytes.toString('utf8')) as { type: string }[];
    return Buffer.from(
      events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
    );
  }
  return bytes;
}

/** Recorded as `{"<event type>": payload}`, one a line or in one array: written as the binary frames they came in. */
function converseFrames(text: string): Buffer {
  const events = text.startsWith('[')
    ? (JSON.parse(text) as object[])
    : text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as object);
  return Buffer.concat(
    events.flatMap(Object.entries).map(([type, payload]) => {
      const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
      return binaryFrame(headers, JSON.stringify(payload));
    }),
  );
}
