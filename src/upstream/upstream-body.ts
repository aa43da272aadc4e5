import type { Deployment } from '../catalog/index.ts';
import {
  type ChatRequest,
  dialects,
  type EncodeTarget,
  GatewayError,
  type Part,
  spliceTopLevel,
} from '../protocol/index.ts';

/** What an upstream is sent for a client's request. */
export interface UpstreamBody {
  bytes: Uint8Array;
  /** The client speaks the upstream's dialect: bytes pass both ways. */
  passthrough: boolean;
  /** The stream's usage-only chunk was asked for by us alone: it is read, then kept from the client. */
  hidesUsage: boolean;
  /** Client fields that could not be carried. */
  dropped: string[];
}

/** Output limit sent where a dialect demands one and the client named none. */
const defaultOutputTokensMax = 32_000;

/**
 * Same dialect: the client's own bytes, edited only at the top-level keys that must differ. Otherwise a translation; throws GatewayError
 * where the request means nothing in another dialect.
 */
export function upstreamBody(request: ChatRequest, deployment: Deployment): UpstreamBody {
  const dialect = dialects[deployment.provider.vendor.dialect];
  const target = targetOf(deployment);
  if (dialect.name === request.dialect) {
    const { edits, hidesUsage, dropped } = dialect.passEdits(request, target);
    return { bytes: spliceTopLevel(request.bytes, edits), passthrough: true, hidesUsage, dropped };
  }
  if (request.ownDialectOnly !== undefined) throw request.ownDialectOnly;
  refuseEmptied(request);
  const { body, dropped } = dialect.encodeRequest(request, target);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { bytes, passthrough: false, hidesUsage: false, dropped };
}

function targetOf({ model, provider, upstreamName }: Deployment): EncodeTarget {
  const { quirks } = provider;
  return {
    model: upstreamName,
    defaultMaxOutputTokens: Math.min(model.outputTokensMax, defaultOutputTokensMax),
    maxTokensField: quirks.maxTokensField,
    jsonSchema: quirks.jsonSchema,
    streamUsageOption: quirks.usageNeedsStreamOption,
    sampling: model.capabilities.sampling,
    reasoningControl: model.capabilities.reasoning === 'none' ? 'none' : quirks.reasoningControl,
  };
}

/** A message of which nothing can be carried would reach the model empty, and be answered as if it had been asked nothing. */
function refuseEmptied({ messages }: ChatRequest): void {
  for (const [index, { role, parts }] of messages.entries()) {
    if (role !== 'user' || parts.length === 0 || !parts.every(isForeign)) continue;
    const kinds = parts.filter(isForeign).map((part) => part.kind.slice(0, 40));
    throw new GatewayError(
      'invalid_request',
      `Nothing of messages[${index}] can be sent to this model: its content is of type ${[...new Set(kinds)].join(', ')}. Use text or images.`,
      { param: `messages[${index}].content` },
    );
  }
}

function isForeign(part: Part): part is Extract<Part, { type: 'other' }> {
  return part.type === 'other';
}
