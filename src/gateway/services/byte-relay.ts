import {
  createSseFramer,
  type GatewayError,
  isObject,
  type ServiceUsage,
  serviceUsage,
} from '../../protocol/index.ts';
import type { ByteFlow } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import type { OpenRequest } from '../open-requests.ts';

export interface ByteRelayInput {
  flow: ByteFlow;
  /** Length that the upstream announced; undefined where the body ends with its last HTTP chunk. */
  bytes: number | undefined;
  /** The body is server-sent events. */
  events: boolean;
  sink: AnswerSink;
  open: OpenRequest;
}

/** How the answer ended. `rest` has not left yet: without it no client takes the answer for whole. */
export type ByteRelayEnd =
  | ({ kind: 'complete'; rest: Uint8Array } & ServiceUsage)
  | { kind: 'interrupted'; error: GatewayError }
  | { kind: 'gone' };

/** Takes bytes in and says which may leave now. */
interface Hold {
  pass(chunk: Uint8Array): Uint8Array;
  end(): { rest: Uint8Array } & ServiceUsage;
}

/** Passes an answer's bytes with back-pressure. Resolves when nothing but the last of them is left. */
export function relayBytes({ flow, bytes, events, sink, open }: ByteRelayInput): Promise<ByteRelayEnd> {
  const hold = events ? holdLastEvent() : bytes === undefined ? holdNothing() : holdLastByte(bytes);
  return new Promise((resolve) => {
    let over = false;
    const finish = (end: ByteRelayEnd): void => {
      if (over) return;
      over = true;
      resolve(end);
    };
    sink.onGone(() => finish({ kind: 'gone' }));
    open.onInterrupt(() => {
      if (open.interruption !== undefined) finish({ kind: 'interrupted', error: open.interruption });
    });
    sink.onDrain(() => {
      if (!over) flow.resume();
    });
    flow.start({
      data: (chunk) => {
        if (over) return;
        const out = hold.pass(chunk);
        if (out.byteLength > 0 && !sink.write(out)) flow.pause();
      },
      end: () => finish({ kind: 'complete', ...hold.end() }),
      failed: (error) => finish({ kind: 'interrupted', error }),
    });
  });
}

const nothing = { usage: undefined, units: undefined };

/** The last HTTP chunk, which `end` writes, is what tells the client that the answer is whole. */
function holdNothing(): Hold {
  return { pass: (chunk) => chunk, end: () => ({ rest: Buffer.alloc(0), ...nothing }) };
}

/** Of an announced length the last byte tells it. */
function holdLastByte(bytes: number): Hold {
  let seen = 0;
  let rest: Uint8Array = Buffer.alloc(0);
  return {
    pass(chunk) {
      seen += chunk.byteLength;
      if (seen < bytes) return chunk;
      rest = chunk.subarray(-1);
      return chunk.subarray(0, -1);
    },
    end: () => ({ rest, ...nothing }),
  };
}

/** Clients stop reading at `[DONE]`, or at the event that carries the usage. */
function holdLastEvent(): Hold {
  const framer = createSseFramer();
  let held: Uint8Array[] = [];
  let found: ServiceUsage = nothing;
  const take = (raw: Uint8Array, data: string | undefined, out: Uint8Array[]): void => {
    const usage = usageOfEvent(data);
    if (usage !== undefined) found = usage;
    if (usage !== undefined || data === '[DONE]') {
      held.push(raw);
    } else {
      out.push(...held.splice(0), raw);
    }
  };
  return {
    pass(chunk) {
      const out: Uint8Array[] = [];
      for (const { raw, data } of framer.push(chunk)) take(raw, data, out);
      return Buffer.concat(out);
    },
    end() {
      for (const { raw } of framer.end()) held.push(raw);
      const rest = Buffer.concat(held);
      held = [];
      return { rest, ...found };
    },
  };
}

function usageOfEvent(data: string | undefined): ServiceUsage | undefined {
  if (data === undefined || !data.includes('"usage"')) return undefined;
  try {
    const event: unknown = JSON.parse(data);
    if (!isObject(event)) return undefined;
    const read = serviceUsage(event);
    return read.usage === undefined && read.units === undefined ? undefined : read;
  } catch {
    return undefined;
  }
}
