import type { Deployment } from '../catalog/index.ts';
import { GatewayError, jsonMember, toGatewayError } from '../protocol/index.ts';
import {
  authHeaders,
  type Provider,
  type ProviderKey,
  type Quirks,
  quirksOver,
  type Wire,
} from '../providers/index.ts';
import { saidInBody } from './body-status.ts';
import type { RequestSigner } from './credentials/request-signer.ts';
import { SignedCall } from './signed-call.ts';
import type {
  ResponseHead,
  Timeouts,
  Transport,
  TransportCall,
  TransportFailure,
  Upload,
} from './transport.ts';
import { UpstreamErrors } from './upstream-error.ts';

/** What one upstream is asked beside chat. */
export interface ServiceRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: URL;
  /** Content type and the like; who calls is added here. */
  headers: { [name: string]: string };
  /** How it is said who calls, where that is not the vendor's way of chats. */
  auth?: Wire['auth'] | undefined;
  body: Uint8Array | undefined;
  /** In the place of `body`: bytes that pass through. */
  upload?: Upload | undefined;
}

export interface ServiceCallInput {
  deployment: Deployment;
  request: ServiceRequest;
  timeouts: Timeouts;
  /** Bound of an answer that is taken whole. */
  answerBytesMax: number;
  /** Whose account is used; undefined at upstreams that are open or whose requests are signed. */
  key: ProviderKey | undefined;
  /** Signs where there is no key, but for uploads: what is signed must be known first. */
  signer: RequestSigner | undefined;
  /** The response began: its headers tell what remains of the account's limits. */
  sawHead(head: ResponseHead): void;
  /** How a success is taken. */
  take(head: ResponseHead): 'whole' | 'flowing';
}

/** Receives the bytes of an answer, then exactly one ending. */
export interface ByteSink {
  data(chunk: Uint8Array): void;
  end(): void;
  failed(error: GatewayError): void;
}

/** The body of an answer, held until somebody takes it. */
export interface ByteFlow {
  /** Called once. */
  start(sink: ByteSink): void;
  pause(): void;
  resume(): void;
}

export type ServiceCallOutcome =
  | { kind: 'failed'; error: GatewayError; status: number | undefined; replayed: boolean }
  | { kind: 'whole'; head: ResponseHead; bytes: Uint8Array }
  | { kind: 'flowing'; head: ResponseHead; flow: ByteFlow };

export interface OpenServiceCall {
  outcome: Promise<ServiceCallOutcome>;
  /** Cancels the upstream call at once. The outcome then stays open; the caller has moved on. */
  abort(): void;
}

/** Bound of an error's body; what is beyond is cut. */
const errorBodyBytesMax = 256 * 1024;

/** One upstream call. The outcome settles at the head of an answer that flows, at the end of one that is taken whole, or at failure. */
export function openServiceCall(input: ServiceCallInput, transport: Transport): OpenServiceCall {
  const call = new SignedCall();
  const { request, deployment, timeouts, signer } = input;
  const { method, url, body, upload } = request;
  const headers = callHeaders(request, deployment.provider, input.key);
  const outcome = new Promise<ServiceCallOutcome>((resolve) => {
    const reader = new ServiceReader(input, resolve, () => call.current);
    call.open({ method, url, headers, body, upload, timeouts }, reader, { transport, signer }, (thrown) => {
      resolve({ kind: 'failed', error: toGatewayError(thrown), status: undefined, replayed: false });
    });
  });
  return { outcome, abort: () => call.abort() };
}

/** The vendor's own headers, whichever dialect the provider is to be spoken with in chats. */
function callHeaders(
  { headers, auth }: ServiceRequest,
  provider: Provider,
  key: ProviderKey | undefined,
): ServiceRequest['headers'] {
  const own = ownWire(provider);
  return { ...own?.headers, ...headers, ...authHeaders({ auth: auth ?? provider.vendor.auth }, key) };
}

function ownWire({ vendor, wires }: Provider): Wire | undefined {
  return wires.find(({ dialect }) => dialect === vendor.dialect);
}

type ReaderState = 'head' | 'error' | 'whole' | 'flowing' | 'done';

class ServiceReader {
  private state: ReaderState = 'head';
  private response: ResponseHead | undefined;
  private chunks: Uint8Array[] = [];
  private bytes = 0;
  private sink: ByteSink | undefined;
  private heldFailure: GatewayError | undefined;
  private ended = false;
  private readonly errors: UpstreamErrors;
  private readonly bodyStatus: Quirks['bodyStatus'];
  private readonly input: ServiceCallInput;
  private readonly settle: (outcome: ServiceCallOutcome) => void;
  private readonly call: () => TransportCall | undefined;

  constructor(
    input: ServiceCallInput,
    settle: (outcome: ServiceCallOutcome) => void,
    call: () => TransportCall | undefined,
  ) {
    this.input = input;
    this.settle = settle;
    this.call = call;
    const { provider } = input.deployment;
    this.errors = new UpstreamErrors(input.deployment, provider.wires[0]!);
    this.bodyStatus = quirksOver(provider, ownWire(provider)).bodyStatus;
  }

  onHead(head: ResponseHead): void {
    this.response = head;
    this.input.sawHead(head);
    this.errors.head(head);
    if (head.status < 200 || head.status >= 300) this.state = 'error';
    else if (this.input.take(head) === 'whole') this.state = 'whole';
    else this.beginFlow(head);
  }

  onData(chunk: Uint8Array): void {
    if (this.state === 'flowing') {
      if (this.sink === undefined) this.chunks.push(chunk);
      else this.sink.data(chunk);
      return;
    }
    this.bytes += chunk.byteLength;
    if (this.state === 'whole' && this.bytes > this.input.answerBytesMax) {
      this.call()?.abort();
      this.fail(this.errors.protocol(`the answer is larger than ${this.input.answerBytesMax} bytes`));
    } else if (this.state === 'whole' || (this.state === 'error' && this.bytes <= errorBodyBytesMax)) {
      this.chunks.push(chunk);
    }
  }

  onEnd(): void {
    const { state } = this;
    if (state === 'error') {
      this.fail(this.errors.ofBody(this.response?.status ?? 0, readable(Buffer.concat(this.chunks))));
    } else if (state === 'whole') {
      this.finishWhole(Buffer.concat(this.chunks));
    } else if (state === 'flowing') {
      this.ended = true;
      this.state = 'done';
      this.sink?.end();
    }
  }

  onFailure(failure: TransportFailure): void {
    const fault = uploadFault(this.input.request.upload, failure);
    this.fail(fault ?? this.errors.ofTransport(failure), failure.replayed === true);
  }

  private finishWhole(bytes: Buffer): void {
    const head = this.response!;
    const error = bytes.byteLength <= errorBodyBytesMax ? this.errorIn(bytes, head.status) : undefined;
    if (error !== undefined) {
      this.fail(error);
      return;
    }
    this.state = 'done';
    this.settle({ kind: 'whole', head, bytes });
  }

  /** Some report a failure in an answer that says 200. */
  private errorIn(bytes: Buffer, status: number): GatewayError | undefined {
    if (jsonMember(bytes, 'error')?.[0] === 0x7b) return this.errors.ofBody(status, readable(bytes));
    if (this.bodyStatus === undefined) return undefined;
    const said = saidInBody(status, readable(bytes), this.bodyStatus);
    return said === undefined ? undefined : this.errors.ofSaid(said);
  }

  /** The call pauses until somebody takes the answer. */
  private beginFlow(head: ResponseHead): void {
    this.state = 'flowing';
    this.call()?.pause();
    const flow: ByteFlow = {
      start: (sink) => {
        this.sink = sink;
        for (const chunk of this.chunks.splice(0)) sink.data(chunk);
        if (this.heldFailure !== undefined) sink.failed(this.heldFailure);
        else if (this.ended) sink.end();
        else this.call()?.resume();
      },
      pause: () => this.call()?.pause(),
      resume: () => this.call()?.resume(),
    };
    this.settle({ kind: 'flowing', head, flow });
  }

  private fail(error: GatewayError, replayed = this.response?.replayed === true): void {
    const { state } = this;
    this.state = 'done';
    if (state === 'flowing') {
      if (this.sink === undefined) this.heldFailure = error;
      else this.sink.failed(error);
    } else if (state !== 'done') {
      this.settle({ kind: 'failed', error, status: this.response?.status, replayed });
    }
  }
}

/** What broke a call that was the client's doing. */
function uploadFault(upload: Upload | undefined, { kind }: TransportFailure): GatewayError | undefined {
  const state = upload?.state();
  if (state instanceof GatewayError) return state;
  if (state !== 'flowing' || kind !== 'first-byte-timeout') return undefined;
  return new GatewayError('invalid_request', 'The body stopped coming: send it without long pauses.');
}

/** An error's body as JSON where it is some, else as text. */
function readable(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes.toString('utf8', 0, 2000);
  }
}
