import { GatewayError } from '../../protocol/index.ts';

const limitMax = 500;

/** Of a page in the order of time-ordered ids: the id it ended at. Throws `invalid_request`. */
export function idCursor(cursor: string): string {
  if (/^[a-z]{2,10}_[0-9A-Za-z]{1,100}$/.test(cursor)) return cursor;
  throw new GatewayError(
    'invalid_request',
    'The cursor is not one that a list returned; leave it out to begin with the newest.',
    { param: 'cursor' },
  );
}

/** Throws `invalid_request`. */
export function pageLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= limitMax) return limit;
  throw new GatewayError('invalid_request', `\`limit\` is a whole number from 1 to ${limitMax}.`, {
    param: 'limit',
  });
}
