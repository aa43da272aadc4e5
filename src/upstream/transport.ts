import type { GatewayError } from '../protocol/index.ts';

/** Limits of one upstream call, each with a name of its own in errors and logs. */
export interface Timeouts {
  /** Until the socket (and TLS) is ready. */
  connectMs: number;
  /** From the request's last byte to the response head's arrival (and on streams to the first body byte). */
  firstByteMs: number;
  /** Between two reads of the body. */
  interChunkMs: number;
  /** The whole call. */
  totalMs: number;
}

/** A body on its way through. */
export interface Upload {
  chunks: AsyncIterable<Uint8Array>;
  /** Without a length the body goes out in HTTP chunks. */
  bytes: number | undefined;
  /** Where its source stands; an error is why it broke off, and then the upstream is not to blame. */
  state(): 'flowing' | 'ended' | GatewayError;
}

export interface TransportRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: URL;
  headers: { [name: string]: string };
  body: Uint8Array | undefined;
  /** In the place of `body`: read as fast as the upstream takes it, and written once only. */
  upload?: Upload | undefined;
  timeouts: Timeouts;
}

export type TransportFailureKind =
  | 'refused'
  | 'dns'
  | 'tls'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'inter-chunk-timeout'
  | 'total-timeout'
  | 'reset'
  | 'protocol'
  | 'too-large'
  /** All connections to this origin that we allow are busy. */
  | 'saturated'
  /** The transport was closed. A call that its owner aborts gets no callback. */
  | 'aborted';

export interface TransportFailure {
  kind: TransportFailureKind;
  /** For the operator. */
  detail: string;
  /** A body byte or the head had arrived. */
  responded: boolean;
  /** As in `ResponseHead`. */
  replayed?: true | undefined;
}

export interface ResponseHead {
  status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  headers: { [name: string]: string };
  /** Wall clock when it came; some headers name a time. */
  receivedAtMs: number;
  /** The request was written twice: an idle socket turned out to be closed by the peer before it answered. */
  replayed?: true | undefined;
}

/** Receives a response; exactly one of `onEnd` and `onFailure` is called, once, unless the call was aborted by its owner. */
export interface TransportHandler {
  onHead(head: ResponseHead): void;
  /** All bytes of one socket read, joined. */
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onFailure(failure: TransportFailure): void;
}

export interface TransportCall {
  pause(): void;
  resume(): void;
  /** Ends the call and its socket at once; no callback follows. */
  abort(): void;
}

/** The one way out of the process. Redirects are never followed. */
export interface Transport {
  call(request: TransportRequest, handler: TransportHandler): TransportCall;
  close(): Promise<void>;
}
