import type {
  ChatAnswer,
  ChatEvent,
  Dialect,
  FinishReason,
  Part,
  Usage,
} from '../../../src/protocol/index.ts';
import { createAwsEventStreamFramer, createSseFramer, type Framer } from '../../../src/protocol/index.ts';
import { binaryFrame } from '../../support/binary-frame.ts';

export function framerOf(dialect: Pick<Dialect, 'streamContentType'>): Framer {
  return isBinary(dialect) ? createAwsEventStreamFramer() : createSseFramer();
}

/** One event as the dialect's streams have it. */
export function wireEvent(dialect: Dialect, name: string | undefined, data: string): Buffer {
  if (isBinary(dialect)) return binaryFrame({ ':message-type': 'event', ':event-type': name ?? '' }, data);
  return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`);
}

function isBinary({ streamContentType }: Pick<Dialect, 'streamContentType'>): boolean {
  return streamContentType === 'application/vnd.amazon.eventstream';
}

/** Bytes as an upstream would send them, in writes of `chunkBytes`, read by framer and decoder. */
export function decodeStream(dialect: Dialect, bytes: Uint8Array, chunkBytes = bytes.length): ChatEvent[] {
  const framer = framerOf(dialect);
  const decoder = dialect.eventDecoder();
  const events: ChatEvent[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const frame of framer.push(bytes.subarray(at, at + chunkBytes)))
      events.push(...decoder.decode(frame));
  }
  for (const frame of framer.end()) events.push(...decoder.decode(frame));
  return events;
}

export const identity = {
  requestId: 'req_01',
  model: 'test-model',
  createdAtSeconds: 1_790_000_000,
  includeUsage: true,
};

export function encodeStream(dialect: Dialect, events: readonly ChatEvent[], includeUsage = true): Buffer {
  const encoder = dialect.eventEncoder({ ...identity, includeUsage });
  return Buffer.concat(events.map((event) => Buffer.from(encoder.encode(event))));
}

/** An answer as the client sees it at the end, whatever the pieces were. */
export interface Gathered {
  reasoning: string;
  signatures: string[];
  redacted: string[];
  text: string;
  refusal: string;
  toolCalls: { id: string; name: string; arguments: unknown }[];
  finish: FinishReason['unified'] | undefined;
  usage: Usage | undefined;
  errors: string[];
  ended: boolean;
}

export function gather(events: readonly ChatEvent[]): Gathered {
  const gathered: Gathered = {
    reasoning: '',
    signatures: [],
    redacted: [],
    text: '',
    refusal: '',
    toolCalls: [],
    finish: undefined,
    usage: undefined,
    errors: [],
    ended: false,
  };
  const fragments: string[] = [];
  for (const event of events) {
    if (event.type === 'text') gathered.text += event.text;
    else if (event.type === 'reasoning') gathered.reasoning += event.text;
    else if (event.type === 'reasoning-signature') gathered.signatures.push(event.signature);
    else if (event.type === 'redacted-reasoning') gathered.redacted.push(event.data);
    else if (event.type === 'refusal') gathered.refusal += event.text;
    else if (event.type === 'tool-call') {
      gathered.toolCalls[event.index] = { id: event.id, name: event.name, arguments: undefined };
      fragments[event.index] = '';
    } else if (event.type === 'tool-arguments') fragments[event.index] += event.fragment;
    else if (event.type === 'finish') gathered.finish = event.finish.unified;
    else if (event.type === 'usage') gathered.usage = withoutRaw(event.usage);
    else if (event.type === 'error') gathered.errors.push(event.error.code);
    else if (event.type === 'end') gathered.ended = true;
  }
  gathered.toolCalls.forEach((call, index) => {
    call.arguments = parsed(fragments[index] ?? '');
  });
  return gathered;
}

export function gatherAnswer(answer: ChatAnswer): Gathered {
  const events: ChatEvent[] = [];
  let index = 0;
  for (const part of answer.parts) {
    events.push(...eventsOfPart(part, index));
    if (part.type === 'tool-call') index += 1;
  }
  events.push({ type: 'finish', finish: answer.finish });
  if (answer.usage !== undefined) events.push({ type: 'usage', usage: answer.usage });
  return gather([...events, { type: 'end' }]);
}

function eventsOfPart(part: Part, index: number): ChatEvent[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [{ type: part.type, text: part.text }];
    case 'reasoning':
      return [
        { type: 'reasoning', text: part.text },
        ...(part.signature === undefined
          ? []
          : [{ type: 'reasoning-signature' as const, signature: part.signature }]),
      ];
    case 'redacted-reasoning':
      return [{ type: 'redacted-reasoning', data: part.data }];
    case 'tool-call':
      return [
        { type: 'tool-call', index, id: part.id, name: part.name },
        { type: 'tool-arguments', index, fragment: part.arguments },
      ];
    default:
      return [];
  }
}

export function withoutRaw(usage: Usage): Usage {
  const { raw: _, ...rest } = usage;
  return rest;
}

export function parsed(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json);
  } catch {
    return { broken: json };
  }
}
