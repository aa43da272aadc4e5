import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../protocol/index.ts';

/** Reads a request body of at most `bodyBytesMax` bytes; throws body_too_large, unsupported_encoding or client_closed. */
export function readBody(request: IncomingMessage, bodyBytesMax: number): Promise<Uint8Array> {
  try {
    refuseEncoding(request);
  } catch (refusal) {
    return Promise.reject(refusal);
  }
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bodyBytesMax) return Promise.reject(tooLarge(bodyBytesMax));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) {
        request.pause();
        reject(tooLarge(bodyBytesMax));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const closed = (): void =>
      reject(new GatewayError('client_closed', 'The client closed before the whole body had arrived.'));
    request.on('error', closed);
    request.on('close', closed);
  });
}

/** Throws `unsupported_encoding` for a compressed body. */
export function refuseEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new GatewayError(
    'unsupported_encoding',
    `content-encoding «${encoding.slice(0, 40)}» is not supported: send the body uncompressed.`,
  );
}

function tooLarge(bodyBytesMax: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The body is larger than ${bodyBytesMax} bytes. Send less, or ask the operator to raise limits.body_bytes_max.`,
  );
}
