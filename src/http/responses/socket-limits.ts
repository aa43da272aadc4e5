/** Limits of a connection that carries responses, each with a name. */
export interface SocketLimits {
  /** The specification: 60 minutes. */
  connectionMsMax: number;
  /** Silence after which the client is asked whether it is there; once more without an answer, and it is taken for gone. */
  pingMs: number;
  /** Turns that wait behind the one in progress. */
  turnsWaitingMax: number;
  /** Bytes of the turns that wait; a single one may be as large as a body may be. */
  turnBytesWaitingMax: number;
  /** Bytes that wait for the client before the upstream is no longer read. */
  bufferedBytesMax: number;
  /** How long a client that takes nothing of what waits for it is waited for. */
  slowClientMsMax: number;
  /** What a connection remembers of its last responses. */
  recentBytesMax: number;
  /** How long a closing handshake may take. */
  closeMsMax: number;
}

export const defaultSocketLimits: SocketLimits = {
  connectionMsMax: 3_600_000,
  pingMs: 30_000,
  turnsWaitingMax: 8,
  turnBytesWaitingMax: 8_388_608,
  bufferedBytesMax: 1_048_576,
  slowClientMsMax: 120_000,
  recentBytesMax: 67_108_864,
  closeMsMax: 1_000,
};
