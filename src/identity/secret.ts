import { hash } from 'node:crypto';

const secretPrefix = 'sk-yumen-';
const secretBytes = 32;
const visibleChars = 13;

/** Makes a secret of 256 random bits, `sk-yumen-` and 43 characters of base64url. */
export function createSecret(random: (bytes: number) => Uint8Array): string {
  return secretPrefix + Buffer.from(random(secretBytes)).toString('base64url');
}

/**
 * A plain digest is enough: a secret has 256 random bits, so there is nothing that a slow hash would protect from guessing,
 * and every request pays for it.
 */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

export function visiblePrefix(secret: string): string {
  return secret.slice(0, visibleChars);
}
