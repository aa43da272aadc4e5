import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Closes texts that clients carry for us, so that nobody else can read or change them. */
export interface Sealer {
  /** `tenant` is who may bring it back. */
  seal(tenant: string, text: string): string;
  /** Undefined for what was not sealed here, for another tenant, or was changed. */
  open(tenant: string, sealed: string): string | undefined;
}

/** `secret` belongs to the installation: what was sealed with another cannot be opened. At least 32 bytes. */
export function createSealer(secret: Uint8Array): Sealer {
  if (secret.byteLength < keyBytes) throw new Error(`the secret has less than ${keyBytes} bytes`);
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'yumen sealed text 1', keyBytes));
  return {
    seal(tenant, text) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
      sealing.setAAD(Buffer.from(tenant));
      const body = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
      return Buffer.concat([nonce, body, sealing.getAuthTag()]).toString('base64url');
    },
    open(tenant, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      opening.setAAD(Buffer.from(tenant));
      opening.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const body = opening.update(bytes.subarray(nonceBytes, -tagBytes));
        return Buffer.concat([body, opening.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
