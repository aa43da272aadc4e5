import type { HttpBindings } from '@hono/node-server';
import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Principal } from '../../identity/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { errorSchema } from './contract.ts';

/** What a handler needs besides its validated input. */
export interface AdminEnv {
  Bindings: HttpBindings;
  Variables: { principal: Principal; requestId: string };
}

export function requireAdmin(context: Context<AdminEnv>): void {
  if (context.get('principal').role === 'admin') return;
  throw new GatewayError(
    'forbidden',
    'This needs an admin key: make one with `yumen keys create --role admin`.',
  );
}

export function answer(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

export function answers<T extends z.ZodType>(schema: T) {
  const error = { 'application/json': { schema: errorSchema } };
  return {
    200: { description: 'As asked', content: { 'application/json': { schema } } },
    400: { description: 'The input is wrong; the message says where', content: error },
    401: { description: 'No valid key', content: error },
    403: { description: 'The key may not do this', content: error },
    404: { description: 'There is no such thing', content: error },
  };
}
