import type { DialectName } from '../request.ts';

/**
 * Signed or encrypted thinking means something only to the vendors of the dialect it came in, and others refuse a request that holds it.
 * A signature that carries its dialect's name in front is sent back there alone; one without a name is of a dialect that
 * does not name its own.
 */
export function bindSignature(dialect: DialectName, value: string): string {
  return `${dialect}:${value}`;
}

/** The signature as the dialect gave it; undefined when it is not bound to that dialect. */
export function boundSignature(dialect: DialectName, signature: string): string | undefined {
  const prefix = `${dialect}:`;
  return signature.startsWith(prefix) ? signature.slice(prefix.length) : undefined;
}

/** True where a signature names another dialect than this one. */
export function isBoundElsewhere(dialect: DialectName, signature: string): boolean {
  return /^[a-z-]+:/.test(signature) && boundSignature(dialect, signature) === undefined;
}
