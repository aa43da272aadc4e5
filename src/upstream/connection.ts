import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type buildConnector, Client } from 'undici';

export interface ConnectionLimits {
  /** An idle socket is closed after this, unless the peer's `keep-alive: timeout=…` allows longer. */
  idleMs: number;
  /** Longest idle time that a peer's `keep-alive` header can grant. */
  idleMsMax: number;
  /** Taken off the peer's `keep-alive` time, so that we close first and never write into a closing socket. */
  idleMarginMs: number;
  /** Bound of a response's header block. */
  responseHeaderBytesMax: number;
}

/** Told by a connection to the call that holds it. */
export interface ConnectionUser {
  /** The bytes of one socket read have been parsed. */
  onReadEnd(): void;
  /** A request too large for one write has left the process. */
  onDrained(): void;
}

export interface ConnectionOptions {
  /** `scheme://host:port`. */
  origin: string;
  limits: ConnectionLimits;
  /** Which certificate authorities are trusted; made once, since building one for each socket is costly. */
  secureContext: () => SecureContext;
  /** TLS sessions of this origin, shared by its connections to shorten handshakes. */
  session: { value: Buffer | undefined };
  /** The socket closed while no call held the connection: it must leave the pool. */
  onIdleClose(connection: Connection): void;
}

/**
 * One socket to an origin and the undici client that speaks HTTP/1.1 over it. Holding the socket ourselves tells what a pool
 * inside undici hides: whether a request went out on a used socket, when a read ends, and which half-open
 * connection belongs to which call.
 */
export class Connection {
  readonly client: Client;
  user: ConnectionUser | undefined;
  /** Requests written to the present socket. */
  requestsOnSocket = 0;
  /** The TCP handshake is done; a failure from here to the first request is one of TLS. */
  tcpConnected = false;
  private socket: Socket | undefined;
  private readonly options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.options = options;
    const { limits } = options;
    this.client = new Client(options.origin, {
      connect: (target, callback) => this.connect(target, callback),
      pipelining: 1,
      allowH2: false,
      // Both waits are timed by the call, which knows their names; undici's own would cut a silent stream at 300 s.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: limits.responseHeaderBytesMax,
      keepAliveTimeout: limits.idleMs,
      keepAliveMaxTimeout: limits.idleMsMax,
      keepAliveTimeoutThreshold: limits.idleMarginMs,
    });
  }

  get secure(): boolean {
    return this.options.origin.startsWith('https:');
  }

  /** Closes the socket now, connected or not. */
  destroy(): void {
    this.user = undefined;
    this.socket?.destroy();
    // Not within undici's own callbacks, whose bookkeeping has to finish first.
    queueMicrotask(() => {
      if (!this.client.destroyed) this.client.destroy(null, ignore);
    });
  }

  private connect(target: buildConnector.Options, callback: buildConnector.Callback): void {
    const socket = this.openSocket(target);
    let told = false;
    this.socket = socket;
    this.requestsOnSocket = 0;
    this.tcpConnected = false;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.once('connect', () => {
      this.tcpConnected = true;
    });
    socket.once(this.secure ? 'secureConnect' : 'connect', () => {
      told = true;
      callback(null, socket);
      // Added after undici's own listeners, so that they run once it has parsed what was read.
      socket.on('readable', () => this.user?.onReadEnd());
      socket.on('drain', () => this.user?.onDrained());
    });
    socket.on('error', (error) => {
      if (told) return;
      told = true;
      callback(error, null);
    });
    socket.once('close', () => {
      if (!told) {
        told = true;
        callback(new Error('closed while connecting'), null);
      }
      if (this.socket === socket) this.socket = undefined;
      if (this.user === undefined) this.options.onIdleClose(this);
    });
  }

  private openSocket(target: buildConnector.Options): Socket {
    const host = target.hostname;
    if (target.protocol !== 'https:') {
      return connectTcp({ host, port: Number(target.port === '' ? 80 : target.port) });
    }
    const { session, secureContext } = this.options;
    const socket = connectTls({
      host,
      port: Number(target.port === '' ? 443 : target.port),
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      // Said aloud because an environment variable can switch Node's default off.
      rejectUnauthorized: true,
      secureContext: secureContext(),
      ...(session.value === undefined ? {} : { session: session.value }),
    });
    socket.on('session', (value) => {
      session.value = value;
    });
    return socket;
  }
}

function ignore(): void {}
