import { createHmac } from 'node:crypto';

/** What a draw is for: the same request is drawn for each of them by itself. */
export type DrawPurpose = 'pair' | 'anchor' | 'label-order' | 'canary';

const drawBytes = 6;

/**
 * A uniform number in [0, 1) that only who holds the secret can foresee, and that is the same whenever it is asked for: clients cannot choose to be drawn, and whoever audits can draw again.
 *
 * @param about what is drawn for what: route, policy, and the unit's id
 */
export function drawn(secret: Uint8Array, purpose: DrawPurpose, about: readonly string[]): number {
  const digest = createHmac('sha256', secret)
    .update(JSON.stringify([purpose, ...about]))
    .digest();
  return digest.readUIntBE(0, drawBytes) / 2 ** (8 * drawBytes);
}
