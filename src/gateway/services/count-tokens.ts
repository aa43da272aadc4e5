import type { Deployment } from '../../catalog/index.ts';
import {
  type ChatRequest,
  clientDialects,
  type DialectName,
  GatewayError,
  isObject,
  type JsonObject,
  type Part,
  parseJsonBody,
  spliceTopLevel,
} from '../../protocol/index.ts';
import { countUrl } from '../../providers/index.ts';
import { executeService } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';
import { cancellationOf, toolsOf } from '../execution.ts';
import { gateOf } from '../gate-of.ts';
import type { GatewayDeps } from '../gateway.ts';
import { namesOf } from '../guardrails/guarding.ts';
import { guardrailsFor } from '../guardrails/guardrail.ts';
import { sendJson } from '../send-json.ts';
import { type CallTarget, resolveTarget } from '../target.ts';
import type { ServiceCall } from './call.ts';
import { type ServiceExchange, serveService, serviceHeaders } from './exchange.ts';
import { clientLeft } from './run.ts';

/** Dialects that have an endpoint for it. */
export type CountDialect = Extract<DialectName, 'anthropic-messages' | 'gemini'>;

/**
 * Media are not looked into: an image counts as the most that Messages bill for one (1,568 pixels a side at 750 pixels a token), a
 * document by its bytes, as a PDF with its fonts has them, and one that would have to be fetched as a long one.
 */
const imageTokens = 1_600;
const documentBytesPerToken = 40;
const remoteDocumentTokens = 20_000;
/** What a message costs beside its text: its role and its ends. */
const messageTokens = 4;

/**
 * `POST /v1/messages/count_tokens` and Gemini's `:countTokens`. Where the route's reference speaks the client's dialect and counts, it is
 * asked; else the answer is our estimate, and says so. Nothing is generated, so nothing is reserved and nothing recorded.
 */
export function handleCountTokens(
  call: ServiceCall,
  { dialect, model }: { dialect: CountDialect; model?: string | undefined },
  sink: AnswerSink,
  deps: GatewayDeps,
): Promise<void> {
  return serveService(call, sink, deps, async (exchange) => {
    const bytes = await call.readBody();
    const request = countedRequest(parseJsonBody(bytes), bytes, dialect, model);
    const target = resolveTarget(request, exchange.snapshot);
    const deployment = countingDeployment(exchange, request, target);
    // What a guardrail would have to read first does not leave for a count.
    const names = namesOf(request, target);
    const guarded = guardrailsFor(exchange.snapshot.guardrails, 'before', names).length > 0;
    const counted = guarded ? undefined : await askProvider(exchange, request, deployment);
    if (counted !== undefined) return sendJson(sink, 200, counted, serviceHeaders(exchange));
    const tokens = await estimate(request, deployment, deps);
    const body = dialect === 'gemini' ? { totalTokens: tokens } : { input_tokens: tokens };
    const headers = { ...serviceHeaders(exchange), 'x-yumen-estimated': 'true' };
    sendJson(sink, 200, Buffer.from(JSON.stringify(body)), headers);
  });
}

/** Counting needs less than chatting: no limit of the output, and Gemini's whole request may be one level down. */
function countedRequest(
  body: JsonObject,
  bytes: Uint8Array,
  dialect: CountDialect,
  model: string | undefined,
): ChatRequest {
  const inner = body['generateContentRequest'];
  const asked = dialect === 'gemini' && isObject(inner) ? inner : body;
  const path = model === undefined ? undefined : { model, stream: false };
  return {
    ...clientDialects[dialect].decodeRequest({ max_tokens: 1, ...asked }, bytes, path),
    body,
  };
}

/** The reference of the route or model, where the key may call it, else the first that it may. */
function countingDeployment(
  exchange: ServiceExchange,
  request: ChatRequest,
  { route, reference, candidates }: CallTarget,
): Deployment {
  const { principal, wishes, snapshot, deps } = exchange;
  const gate = gateOf({ principal, route, wishes, snapshot }, deps);
  const { allowed, excluded } = gate.admit(candidates, 'serve');
  const chosen = allowed.find(({ id }) => id === reference.id) ?? allowed[0];
  if (chosen !== undefined) return chosen.deployment;
  const why = excluded[0]?.why ?? 'no candidate is left';
  throw new GatewayError(
    'forbidden',
    `No allowed deployment can serve «${request.model.slice(0, 200)}»: ${why}.`,
  );
}

/** The provider's own count; undefined where it has none or cannot give it now. Throws what it refused. */
async function askProvider(
  exchange: ServiceExchange,
  request: ChatRequest,
  deployment: Deployment,
): Promise<Uint8Array | undefined> {
  const { call, deps, snapshot, open } = exchange;
  const { provider, upstreamName } = deployment;
  const wire = provider.wires.find(({ dialect }) => dialect === request.dialect);
  const url = wire && countUrl(provider, wire, upstreamName);
  if (wire === undefined || url === undefined) return undefined;
  const forwarded = (wire.forwardHeaders ?? []).flatMap((name) => {
    const value = call.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  const outcome = await executeService<undefined>(
    {
      // A place of its own: a count that fails says nothing of chats.
      plan: [{ id: deployment.id, deployment, effort: 'default', place: `${deployment.id}:count` }],
      // Vendors do not count these among the calls of a model (platform.claude.com/docs: Token counting, rate limits).
      balancing: { strategy: snapshot.balance, costsNano: new Map(), home: undefined, tokens: undefined },
      repeatable: true,
      take: () => 'whole',
      read: (bytes) => ({ bytes, usage: undefined, units: undefined }),
      request: () => ({
        method: 'POST',
        url,
        headers: { ...wire.headers, ...Object.fromEntries(forwarded), 'content-type': 'application/json' },
        auth: wire.auth,
        body: edited(request, upstreamName, wire.modelInBody !== false),
      }),
      timeouts: snapshot.timeouts,
      // An estimate at once is better than a count after a wait.
      policy: { ...deps.retryPolicy, attemptsMax: snapshot.attemptsMax, retryAfterMsMax: 0 },
      answerBytesMax: snapshot.answerBytesMax,
      observer: { started: async () => undefined, failed: () => {}, cancelled: () => {} },
      cancellation: cancellationOf(exchange),
    },
    toolsOf(deps),
  );
  if (outcome.kind === 'whole') return outcome.answer.bytes;
  if (outcome.kind === 'cancelled') throw open.interruption ?? clientLeft();
  if (outcome.kind === 'failed' && outcome.error.code === 'upstream_rejected') throw outcome.error;
  return undefined;
}

function edited(request: ChatRequest, model: string, modelInBody: boolean): Uint8Array {
  const models = request.fallbackModels.length > 0 ? { models: undefined } : {};
  return spliceTopLevel(request.bytes, modelInBody ? { ...models, model } : models);
}

async function estimate(request: ChatRequest, deployment: Deployment, deps: GatewayDeps): Promise<number> {
  const tally = { text: [] as string[], tokens: request.messages.length * messageTokens };
  for (const message of request.messages) for (const part of message.parts) countPart(part, tally);
  for (const { name, description, parameters, native } of request.tools) {
    tally.text.push(
      native === undefined
        ? `${name} ${description ?? ''} ${JSON.stringify(parameters)}`
        : JSON.stringify(native),
    );
  }
  const text = () => tally.text.join('\n');
  return tally.tokens + (await deps.estimator.estimateInput({ deployment: deployment.id, text }));
}

function countPart(part: Part, tally: { text: string[]; tokens: number }): void {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      tally.text.push(part.text);
      return;
    case 'tool-call':
      tally.text.push(`${part.name} ${part.arguments}`);
      return;
    case 'tool-result':
      for (const inner of part.parts) countPart(inner, tally);
      return;
    case 'image':
      tally.tokens += imageTokens;
      return;
    case 'document':
      tally.tokens +=
        part.source.kind === 'base64'
          ? Math.ceil((part.source.data.length * 3) / 4 / documentBytesPerToken)
          : remoteDocumentTokens;
      return;
    default:
  }
}
