import { GatewayError } from '../protocol/index.ts';
import type { Provider } from '../providers/index.ts';
import type { Clock } from '../std/index.ts';
import { createAwsSigner } from './credentials/aws-sigv4.ts';
import { createGoogleSigner } from './credentials/google-token.ts';
import type { RequestSigner } from './credentials/request-signer.ts';

/** Who signs for each provider whose requests carry no fixed key. */
export interface Signers {
  /** Undefined where a key, or nothing, says who calls. */
  of(provider: Provider): RequestSigner | undefined;
}

/** Signers are kept, because they keep tokens; other credentials or another region make a new one. */
export function createSigners(clock: Pick<Clock, 'nowMs'>): Signers {
  // Bounded by the configuration, which alone names providers.
  const signers = new Map<string, { made: string; signer: RequestSigner }>();
  return {
    of(provider) {
      const { id, cloud, keys, region, vendor } = provider;
      if (cloud === undefined || keys.length > 0) return undefined;
      const made = JSON.stringify([cloud, region, vendor.signingService]);
      const known = signers.get(id);
      if (known?.made === made) return known.signer;
      const signer = signerFor(provider, cloud, clock);
      signers.set(id, { made, signer });
      return signer;
    },
  };
}

function signerFor(
  { id, region, vendor }: Provider,
  cloud: NonNullable<Provider['cloud']>,
  clock: Pick<Clock, 'nowMs'>,
): RequestSigner {
  if (cloud.kind === 'google') return createGoogleSigner({ credentialsFile: cloud.credentialsFile, clock });
  const service = vendor.signingService;
  if (region === undefined || service === undefined) {
    const detail = `provider «${id}»: a signature names a region: give the provider’s region beside its base_url`;
    const message = 'The gateway cannot sign requests to this provider; the operator must correct it.';
    return { sign: () => Promise.reject(new GatewayError('upstream_auth', message, { detail })) };
  }
  return createAwsSigner({ credentials: cloud, region, service, clock });
}
