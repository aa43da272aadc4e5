import type { Deployment } from '../catalog/index.ts';
import { dialects, GatewayError, type UpstreamSaid } from '../protocol/index.ts';
import { classifyFailure, knowsFailure, type Provider, type Wire } from '../providers/index.ts';
import { failureToError } from './failure.ts';
import { withoutKeys } from './redact.ts';
import { retryAfterOf } from './retry-after.ts';
import type { ResponseHead, TransportFailure } from './transport.ts';

/** Gives what goes wrong at one deployment a code of ours, and words that are safe to show. */
export class UpstreamErrors {
  private readonly deployment: Deployment;
  private readonly wire: Wire;
  private retryAfterMs: number | undefined;

  constructor(deployment: Deployment, wire: Wire) {
    this.deployment = deployment;
    this.wire = wire;
  }

  /** The head may say how long to wait after whatever goes wrong in the body. */
  head({ headers, receivedAtMs }: ResponseHead): void {
    this.retryAfterMs = retryAfterOf(headers, receivedAtMs);
  }

  ofTransport(failure: TransportFailure): GatewayError {
    return this.safe(failureToError(failure));
  }

  /** An answer whose status or whose body is an error. */
  ofBody(status: number, body: unknown): GatewayError {
    return this.ofSaid(dialects[this.wire.dialect].decodeError(status, body));
  }

  ofSaid(said: UpstreamSaid): GatewayError {
    const { status } = said;
    return this.classified(
      new GatewayError('upstream_rejected', said.message ?? `The provider answered ${status}.`, {
        upstream: said,
      }),
    );
  }

  /** Anything thrown while an answer was read. */
  ofThrown(thrown: unknown): GatewayError {
    return thrown instanceof GatewayError ? this.safe(thrown) : this.protocol(String(thrown));
  }

  protocol(detail: string): GatewayError {
    const message = 'The provider sent something that is not its documented format.';
    return this.safe(new GatewayError('upstream_protocol', message, { detail }));
  }

  /** The code that the vendor's table has for what the upstream said; an error in which it said nothing stays as it is. */
  classified(given: GatewayError): GatewayError {
    const error = this.safe(given);
    const said = error.upstream;
    if (said === undefined) return error;
    const { id, provider } = this.deployment;
    const code = classifyFailure(provider.vendor, said);
    const passes = code === 'upstream_rejected' || code === 'content_filtered';
    const sentence = said.message === undefined ? '' : `: ${said.message.slice(0, 500)}`;
    return new GatewayError(
      code,
      passes ? (said.message ?? `The provider refused the request (${said.status}).`) : genericMessage(code),
      {
        upstream: said,
        status: passes && said.status >= 400 && said.status < 500 ? passedStatus(said.status) : undefined,
        retryAfterMs: this.retryAfterMs ?? said.retryAfterMs,
        detail: `${id} answered ${said.status}${said.code === undefined ? '' : ` (${said.code})`}${sentence}`,
        cause: error,
      },
    );
  }

  /** The vendor's own code where its table knows the failure; otherwise the error stays as the dialect read it. */
  named(error: GatewayError): GatewayError {
    const said = error.upstream;
    return said !== undefined && knowsFailure(this.deployment.provider.vendor, said)
      ? this.classified(error)
      : error;
  }

  /** Without keys. */
  safe(error: GatewayError): GatewayError {
    return withoutKeys(error, secretsOf(this.deployment.provider));
  }
}

/** All of them: an upstream may echo the key of an earlier call. */
function secretsOf({ keys, cloud }: Provider): string[] {
  const secrets = keys.map(({ secret }) => secret);
  if (cloud?.kind !== 'aws') return secrets;
  const { secretAccessKey, sessionToken } = cloud;
  return sessionToken === undefined
    ? [...secrets, secretAccessKey]
    : [...secrets, secretAccessKey, sessionToken];
}

/** A refusal that agents would repeat as it stands (408, 409), or take for one of our own (401, 403, 429), becomes a plain 400. */
function passedStatus(status: number): number {
  return status === 408 || status === 409 || status === 401 || status === 403 || status === 429
    ? 400
    : status;
}

function genericMessage(code: GatewayError['code']): string {
  switch (code) {
    case 'upstream_auth':
      return 'The provider refused the gateway’s credentials; the operator must correct them.';
    case 'upstream_quota':
      return 'The gateway’s account at the provider is out of credit; the operator must refill it.';
    case 'upstream_rate_limited':
      return 'The provider limits the gateway’s rate; try again later.';
    case 'upstream_unavailable':
      return 'The provider failed.';
    default:
      return 'The provider could not answer.';
  }
}
