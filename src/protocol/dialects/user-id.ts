import { createHash } from 'node:crypto';

/**
 * The end user's id in a length the upstream takes. A longer one becomes its digest: still the same user every time, which a
 * cut one might not be.
 */
export function userIdFor(user: string, charsMax: number): string {
  return user.length <= charsMax ? user : createHash('sha256').update(user).digest('hex').slice(0, charsMax);
}
