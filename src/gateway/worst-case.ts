import { type Candidate, worstCostOf } from '../catalog/index.ts';
import { type ChatRequest, isObject, type Part } from '../protocol/index.ts';
import type { Shape } from '../router/index.ts';
import type { NanoUsd } from '../std/index.ts';

/**
 * The most one attempt can cost: every byte-bound token at its dearest, and all the output the client allows. An unknown price gives
 * 0 here; keys with a budget never reach such a deployment, because policy refuses it.
 */
export function worstCaseNano(
  candidate: Candidate,
  request: ChatRequest,
  shape: Pick<Shape, 'inputTokensBound' | 'outputTokensMax'>,
  nowMs: number,
): NanoUsd {
  const { model, prices, provider } = candidate.deployment;
  const limit = Math.min(shape.outputTokensMax ?? model.outputTokensMax, model.outputTokensMax);
  const bound = shape.inputTokensBound;
  const worst = worstCostOf(prices, {
    atMs: nowMs,
    region: provider.region,
    inputTokens: readsMoreThanItSays(request) ? Math.max(bound, model.contextTokens) : bound,
    outputTokens: (limit + thinkingBeside(candidate, request)) * request.choices,
    hourCache: bytesOf(request).includes(hourMark),
  });
  return worst ?? 0;
}

/** The most that one call of each can cost together. */
export function worstCaseOfAll(
  candidates: readonly Candidate[],
  request: ChatRequest,
  shape: Shape,
  nowMs: number,
): NanoUsd {
  return candidates.reduce((sum, candidate) => sum + worstCaseNano(candidate, request, shape, nowMs), 0);
}

/** Thinking that an output limit does not bound, and that is paid all the same. The preset of a candidate replaces what the client asked. */
function thinkingBeside({ deployment, effort }: Candidate, { reasoning }: ChatRequest): number {
  const { model, provider } = deployment;
  if (provider.quirks.thinkingOutsideMaxTokens !== true || model.capabilities.reasoning === 'none') return 0;
  if (effort !== 'default') return effort === 'off' ? 0 : model.outputTokensMax;
  return reasoning?.enabled === false ? 0 : (reasoning?.budgetTokens ?? model.outputTokensMax);
}

/** A request that leans on what a provider holds, or names files by their address, is bounded by the context alone. */
function readsMoreThanItSays({ ownDialectOnly, messages }: ChatRequest): boolean {
  return ownDialectOnly !== undefined || messages.some(({ parts }) => parts.some(isElsewhere));
}

const addressFields = ['file_id', 'file_url', 'file_uri', 'fileUri', 'url', 'uri'];

function isElsewhere(part: Part): boolean {
  if (part.type === 'document') return part.source.kind === 'url';
  if (part.type === 'tool-result') return part.parts.some(isElsewhere);
  return part.type === 'other' && namesAddress(part.raw);
}

/** The address stands in the part or one level below. */
function namesAddress(raw: unknown): boolean {
  if (!isObject(raw)) return false;
  return [raw, ...Object.values(raw)].some(
    (each) => isObject(each) && addressFields.some((field) => typeof each[field] === 'string'),
  );
}

/** How every dialect writes the lifetime of an hour. */
const hourMark = '"1h"';

function bytesOf({ bytes }: ChatRequest): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
