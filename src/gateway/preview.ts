import type { Principal } from '../identity/index.ts';
import type { ClientDialectName } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import type { ClientCall } from './call.ts';
import type { DecideDeps } from './decide-for.ts';
import type { GateDeps } from './gate-of.ts';
import type { GatewayDeps } from './gateway.ts';
import { decode } from './handle.ts';
import { planFor } from './plan.ts';
import { readWishes } from './request-headers.ts';
import { resolveTarget } from './target.ts';

export type PreviewDeps = DecideDeps & GateDeps & Pick<GatewayDeps, 'snapshot'>;

export interface PreviewRequest {
  bytes: Uint8Array;
  /** What the body is written in; absent = chat completions. */
  dialect?: ClientDialectName | undefined;
  headers: ClientCall['headers'];
  principal: Principal;
}

/** The decision a request would get, by the very stages a real one goes through; nothing is called, reserved or recorded. Throws GatewayError. */
export function preview(
  { bytes, dialect = 'openai-chat', headers, principal }: PreviewRequest,
  deps: PreviewDeps,
): Decision {
  const snapshot = deps.snapshot();
  const request = decode(bytes, { dialect });
  const target = resolveTarget(request, snapshot);
  return planFor({ request, principal, wishes: readWishes(headers), target, snapshot }, deps).decision;
}
