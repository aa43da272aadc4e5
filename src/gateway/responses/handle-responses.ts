import type { Principal } from '../../identity/index.ts';
import type { TopLevelEdits } from '../../protocol/index.ts';
import type { AnswerSink, ClientCall } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { handle } from '../handle.ts';
import { CaptureSink, type WholeResponse } from './capture-sink.ts';
import { isNative } from './holders.ts';
import { beginTurn, bodyOfTurn, type Turn, type TurnPlace } from './turn.ts';
import { warmUp } from './warm-up.ts';

/** A request for a response, and where it stands. */
export interface ResponsesCall extends Omit<ClientCall, 'dialect' | 'path'>, TurnPlace {
  /** Nothing is to be generated: the conversation is only made ready to be gone on from. */
  warmUpOnly?: boolean | undefined;
}

/** `POST /v1/responses`, over whichever transport: the way of every request, with what is kept put before it and taken from it. Never rejects. */
export function handleResponses(call: ResponsesCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  let turn: Turn | undefined;
  let native: string | undefined;
  const clientCall: ClientCall = {
    requestId: call.requestId,
    dialect: 'openai-responses',
    headers: call.headers,
    receivedAtMs: call.receivedAtMs,
    presentDecision: call.presentDecision,
    async readBody(principal: Principal) {
      const bytes = await call.readBody(principal);
      turn = beginTurn(bytes, principal, call, deps);
      return turn === undefined ? bytes : bodyOfTurn(turn, principal, bytes, call, deps);
    },
  };
  const captured = new CaptureSink({
    sink,
    began(_status, headers) {
      native = nativeProvider(headers['x-yumen-deployment'], deps);
    },
    edits: () => editsOf(turn),
    finished: (whole) => finished(whole, { turn, native, call, deps }),
    failed() {
      if (turn?.previousId !== undefined) call.recent?.forget(turn.previousId);
    },
    endsWithDone: () => native === undefined,
  });
  return call.warmUpOnly === true ? warmUp(clientCall, captured, deps) : handle(clientCall, captured, deps);
}

function editsOf(turn: Turn | undefined): TopLevelEdits | undefined {
  if (turn === undefined) return undefined;
  return turn.kept ? { ...turn.restored, store: true } : turn.restored;
}

interface Finish {
  turn: Turn | undefined;
  /** Id of the provider that answered, where it speaks Responses itself. */
  native: string | undefined;
  call: ResponsesCall;
  deps: GatewayDeps;
}

async function finished(
  { response, storedUpstream }: WholeResponse,
  { turn, native, call, deps }: Finish,
): Promise<void> {
  const { id } = response;
  if (turn === undefined || !turn.whole || typeof id !== 'string') return;
  const stored = {
    id,
    tenant: turn.tenant,
    createdAtMs: deps.clock.nowMs(),
    heldBy: storedUpstream && turn.vendorKeeps ? native : undefined,
    input: JSON.stringify(turn.conversation),
    response: JSON.stringify(response),
  };
  call.recent?.remember(stored);
  if (turn.kept) await deps.responses.keep(stored);
}

/** Undefined also where a stream began before it was known who would answer it. */
function nativeProvider(deployment: string | undefined, { snapshot }: GatewayDeps): string | undefined {
  if (deployment === undefined) return undefined;
  const found = snapshot().catalog.resolve(deployment);
  const [first] = found.kind === 'deployments' ? found.deployments : [];
  return first !== undefined && isNative(first) ? first.provider.id : undefined;
}
