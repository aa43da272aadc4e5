import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../std/index.ts';
import type { RequestSigner } from './request-signer.ts';

export interface AwsSigning {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
  region: string;
  /** The service's name in signatures. */
  service: string;
  clock: Pick<Clock, 'nowMs'>;
}

type HashInput = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 as the signing library calls it: keyed where a secret is given. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: HashInput) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: HashInput): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: HashInput): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/**
 * Signs with AWS Signature Version 4. A model's id may hold `:` and `/` (an ARN): it must stand percent-encoded in the URL, as the
 * signature is over that path encoded once more.
 */
export function createAwsSigner({ credentials, region, service, clock }: AwsSigning): RequestSigner {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  let made: Promise<SignatureV4> | undefined;
  // Loaded with the first signature: most installations never make one.
  const load = async (): Promise<SignatureV4> => {
    const library = await import('@smithy/signature-v4');
    return new library.SignatureV4({
      credentials: {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
      region,
      service,
      sha256: Sha256,
    });
  };
  return {
    async sign({ method, url, headers, body }) {
      made ??= load();
      const signed = await (await made).sign(
        {
          method,
          protocol: url.protocol,
          hostname: url.hostname,
          path: url.pathname,
          query: queryOf(url),
          headers: { ...headers, host: url.host },
          body,
        },
        { signingDate: new Date(clock.nowMs()) },
      );
      const added = Object.entries(signed.headers).filter(
        ([name]) => name !== 'host' && headers[name] === undefined,
      );
      return Object.fromEntries(added);
    },
  };
}

function queryOf(url: URL): { [name: string]: string[] } {
  const query: { [name: string]: string[] } = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = url.searchParams.getAll(name);
  return query;
}
