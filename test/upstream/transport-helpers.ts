import type {
  ResponseHead,
  Timeouts,
  Transport,
  TransportCall,
  TransportFailure,
  TransportRequest,
} from '../../src/upstream/transport.ts';

const patient: Timeouts = {
  connectMs: 5_000,
  firstByteMs: 5_000,
  interChunkMs: 5_000,
  totalMs: 20_000,
};

export function postTo(
  url: string,
  options: { body?: string; timeouts?: Partial<Timeouts>; headers?: { [name: string]: string } } = {},
): TransportRequest {
  return {
    method: 'POST',
    url: new URL(url),
    headers: options.headers ?? { 'content-type': 'application/json' },
    body: Buffer.from(options.body ?? '{}'),
    timeouts: { ...patient, ...options.timeouts },
  };
}

/** What a handler was told, in full. */
export interface Received {
  head: ResponseHead | undefined;
  chunks: Buffer[];
  text: string;
  ending: 'end' | TransportFailure;
  /** Endings told; anything but 1 is a fault. */
  endings: number;
}

export interface Observed {
  call: TransportCall;
  received: Received;
  /** Settles with the ending. */
  done: Promise<Received>;
}

/** Makes a call and keeps what comes. `onData` may pause, abort or throw. */
export function observe(
  transport: Transport,
  request: TransportRequest,
  onData?: (call: TransportCall, chunk: Buffer) => void,
): Observed {
  const received: Received = { head: undefined, chunks: [], text: '', ending: 'end', endings: 0 };
  let settle: (received: Received) => void;
  const done = new Promise<Received>((resolve) => {
    settle = resolve;
  });
  const end = (ending: Received['ending']): void => {
    received.ending = ending;
    received.endings += 1;
    settle(received);
  };
  const call: TransportCall = transport.call(request, {
    onHead(head) {
      received.head = head;
    },
    onData(bytes) {
      const chunk = Buffer.from(bytes);
      received.chunks.push(chunk);
      received.text += chunk.toString('latin1');
      onData?.(call, chunk);
    },
    onEnd: () => end('end'),
    onFailure: end,
  });
  return { call, received, done };
}

export function kindOf(received: Received): string {
  return received.ending === 'end' ? 'end' : received.ending.kind;
}
