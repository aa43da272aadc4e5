import type { ClientDialectName } from '../../protocol/index.ts';

/** The bytes of a request's body as they come. */
export interface BodySource {
  /** As the client announced it; undefined where it did not. */
  bytes: number | undefined;
  /** Called once. Rejects with `client_closed` when the client leaves in the middle. */
  chunks(): AsyncIterator<Uint8Array>;
}

/** One client's call of an endpoint beside chat, as the HTTP adapter hands it over. */
export interface ServiceCall {
  requestId: string;
  /** Errors are said in it. */
  dialect: ClientDialectName;
  method: 'GET' | 'POST' | 'DELETE';
  /** Lower-case names; repeated headers joined with `, `. */
  headers: { [name: string]: string | undefined };
  query: URLSearchParams;
  /** Reads the body whole, bounded. Either this or `body` is used, once, after the caller is known. */
  readBody(): Promise<Uint8Array>;
  body: BodySource;
  /** Bound of what is held of a body. */
  bodyBytesMax: number;
  receivedAtMs: number;
}
