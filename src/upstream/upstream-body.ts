import type { Deployment } from '../catalog/index.ts';
import {
  type ChatRequest,
  dialects,
  type EncodeTarget,
  isObject,
  type Json,
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
  const { vendor, quirks } = deployment.provider;
  if (vendor.dialect === request.dialect) {
    const { edits, hidesUsage } = editsFor(request, deployment);
    return { bytes: spliceTopLevel(request.bytes, edits), passthrough: true, hidesUsage, dropped: [] };
  }
  if (request.ownDialectOnly !== undefined) throw request.ownDialectOnly;
  const target: EncodeTarget = {
    model: deployment.upstreamName,
    defaultMaxOutputTokens: Math.min(deployment.model.outputTokensMax, defaultOutputTokensMax),
    maxTokensField: quirks.maxTokensField,
    jsonSchema: quirks.jsonSchema,
    streamUsageOption: quirks.usageNeedsStreamOption,
    reasoningControl: deployment.model.capabilities.reasoning === 'none' ? 'none' : quirks.reasoningControl,
  };
  const { body, dropped } = dialects[vendor.dialect].encodeRequest(request, target);
  return {
    bytes: new TextEncoder().encode(JSON.stringify(body)),
    passthrough: false,
    hidesUsage: false,
    dropped,
  };
}

function editsFor(request: ChatRequest, deployment: Deployment): { edits: Edits; hidesUsage: boolean } {
  const { quirks } = deployment.provider;
  const edits: Edits = {};
  if (request.model !== deployment.upstreamName) edits['model'] = deployment.upstreamName;
  if (request.fallbackModels.length > 0) edits['models'] = undefined;
  const hidesUsage = request.stream && quirks.usageNeedsStreamOption && !request.wantsStreamUsage;
  if (hidesUsage) {
    const given = request.body['stream_options'];
    edits['stream_options'] = {
      ...(isObject(given) ? (given as { [key: string]: Json }) : {}),
      include_usage: true,
    };
  }
  if (request.dialect === 'openai-chat') renameOutputLimit(request, quirks.maxTokensField, edits);
  return { edits, hidesUsage };
}

type Edits = { [key: string]: Json | undefined };

function renameOutputLimit(request: ChatRequest, field: EncodeTarget['maxTokensField'], edits: Edits): void {
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const given = request.body[other];
  if (typeof given !== 'number') return;
  edits[other] = undefined;
  if (request.body[field] === undefined) edits[field] = given;
}
