import type { GuardrailRecord } from '../ledger/index.ts';
import type { RateState } from '../limits/index.ts';
import type { Decision } from '../router/index.ts';
import { formatUsd, type NanoUsd } from '../std/index.ts';
import { answeringAttempt, type RequestTrace } from './trace.ts';

type Headers = { [name: string]: string };

/** Under both names that the official SDKs read. */
export function requestIdHeaders(requestId: string): Headers {
  return { 'x-request-id': requestId, 'request-id': requestId };
}

/** Headers of every answer the gateway gives, whatever came of it. Values are ASCII; sentences are in the API. */
export function commonHeaders(trace: RequestTrace, rate: RateState | undefined): Headers {
  const headers: Headers = requestIdHeaders(trace.call.requestId);
  if (trace.target?.route !== undefined) headers['x-yumen-route'] = trace.target.route.name;
  if (trace.decision !== undefined) {
    headers['x-yumen-decision'] = trace.decision.id;
    headers['x-yumen-reason'] = trace.decision.reason;
    headers['x-yumen-quality'] = trace.decision.quality;
    Object.assign(headers, signalsHeader(trace.decision));
  }
  return { ...headers, ...guardrailHeader(trace.guardrails), ...rateHeaders(rate) };
}

/** Who was asked for the sake of the decision, how long that took, and whether it changed the choice. */
function signalsHeader({ signals }: Decision): Headers {
  if (signals === undefined) return {};
  const asked = signals.asked.map(({ name, outcome }) => `${name}=${outcome}`).join(', ');
  const effect = signals.changed ? 'changed' : 'unchanged';
  return { 'x-yumen-signals': `${asked}; ${Math.round(signals.waitedMs)} ms; ${effect}` };
}

/** Which guardrails did more than let pass, and what. */
export function guardrailHeader(notes: readonly GuardrailRecord[] | undefined): Headers {
  const told = (notes ?? []).filter(({ action }) => action !== 'allowed');
  if (told.length === 0) return {};
  const list = new Set(told.map(({ name, action }) => `${name}=${action}`));
  return { 'x-yumen-guardrails': [...list].join(', ') };
}

export function rateHeaders(rate: RateState | undefined): Headers {
  if (rate === undefined) return {};
  return {
    'x-ratelimit-limit-requests': String(rate.limit),
    'x-ratelimit-remaining-requests': String(rate.remaining),
    'x-ratelimit-reset-requests': `${(rate.resetMs / 1000).toFixed(3)}s`,
  };
}

/** Adds what is known once an attempt is committed. */
export function servedHeaders(trace: RequestTrace, rate: RateState | undefined): Headers {
  const headers = commonHeaders(trace, rate);
  const attempt = answeringAttempt(trace);
  if (attempt === undefined) return headers;
  headers['x-yumen-deployment'] = asciiOnly(attempt.deployment.id);
  headers['x-yumen-attempts'] = String(trace.attempts.length);
  if (attempt.dropped.length > 0) headers['x-yumen-dropped-params'] = asciiOnly(attempt.dropped.join(', '));
  if (attempt.deployment.model.simulated) headers['x-yumen-simulated'] = 'true';
  return headers;
}

export function streamHeaders(headers: Headers, contentType: string): Headers {
  return {
    ...headers,
    'content-type': contentType,
    'cache-control': 'no-cache',
    // Proxies of the nginx family buffer streams unless told not to.
    'x-accel-buffering': 'no',
  };
}

/** Only on whole answers: a stream's cost is not known when its headers go out. */
export function costHeader(costNano: NanoUsd | undefined): Headers {
  return costNano === undefined ? {} : { 'x-yumen-cost-usd': formatUsd(costNano) };
}

export function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1000);
}
