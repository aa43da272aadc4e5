import type { Principal } from '../identity/index.ts';
import { type ChatRequest, GatewayError, isObject } from '../protocol/index.ts';
import type { GatewayDeps } from './gateway.ts';
import { tenantOf } from './tenant.ts';

const marker = Buffer.from('file_id');
/** More files than this in one request are not looked up one by one: the request is refused. */
const filesMax = 500;

/**
 * All tenants share the accounts at a provider, so the id of a file would open it to everybody: one that another tenant uploaded through us is
 * as if it were not there. Ids that we do not know were uploaded elsewhere, by whoever holds the account. Throws `invalid_request`.
 */
export async function refuseOthersFiles(
  { bytes, body }: ChatRequest,
  principal: Principal,
  { objects }: Pick<GatewayDeps, 'objects'>,
): Promise<void> {
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(marker) < 0) return;
  const ids = new Set<string>();
  collect(body, ids);
  if (ids.size === 0) return;
  if (ids.size > filesMax) {
    throw new GatewayError('invalid_request', `A request may name at most ${filesMax} files.`, {
      param: 'file_id',
    });
  }
  const foreign = await objects.ofOthers(tenantOf(principal), 'file', [...ids]);
  if (foreign === undefined) return;
  throw new GatewayError(
    'invalid_request',
    `There is no file «${foreign.slice(0, 100)}». Upload it with a key of this project.`,
    { param: 'file_id' },
  );
}

function collect(value: unknown, ids: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, ids);
  else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'file_id' && typeof inner === 'string') ids.add(inner);
      else if (name === 'file_ids' && Array.isArray(inner)) {
        for (const id of inner) if (typeof id === 'string') ids.add(id);
      } else collect(inner, ids);
    }
  }
}
