import { GatewayError } from '../protocol/index.ts';
import type { ListQuery } from './store.ts';
import { listLimitMax } from './store.ts';

/** Where a page ended: the place of its last record in the order of the list. */
export interface ListPosition {
  startedAtMs: number;
  id: string;
}

export function encodeCursor(position: ListPosition): string {
  return Buffer.from(`${position.startedAtMs} ${position.id}`).toString('base64url');
}

/** Checks what every store has to check in a list query. Throws `invalid_request`. */
export function listPosition(query: ListQuery): ListPosition | undefined {
  if (!Number.isSafeInteger(query.limit) || query.limit < 1 || query.limit > listLimitMax) {
    throw new GatewayError('invalid_request', `\`limit\` is a whole number from 1 to ${listLimitMax}.`, {
      param: 'limit',
    });
  }
  if (query.cursor === undefined) return undefined;
  const match = /^(-?\d{1,16}) (\S{1,200})$/.exec(Buffer.from(query.cursor, 'base64url').toString());
  if (match === null) {
    throw new GatewayError(
      'invalid_request',
      'The cursor is not one that a list returned; leave it out to begin with the newest.',
      { param: 'cursor' },
    );
  }
  return { startedAtMs: Number(match[1]), id: match[2]! };
}
