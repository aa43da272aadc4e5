import { type AnswerIdentity, clientDialects, toGatewayError } from '../../protocol/index.ts';
import type { AnswerSink, ClientCall } from '../call.ts';
import type { GatewayDeps } from '../gateway.ts';
import { decode } from '../handle.ts';
import { planFor } from '../plan.ts';
import { readWishes } from '../request-headers.ts';
import { requestIdHeaders, streamHeaders } from '../response-headers.ts';
import { sendError } from '../send-json.ts';
import { resolveTarget } from '../target.ts';

/**
 * A turn that generates nothing: it is read, admitted and decided like any other, so that what would refuse it does so now, and its empty
 * response is one to go on from. No upstream is called, so nothing is recorded. Never rejects.
 */
export async function warmUp(call: ClientCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  let release = (): void => {};
  try {
    const snapshot = deps.snapshot();
    const principal = deps.identity.authenticate(call.headers);
    const admission = await deps.limits.admitRate(principal);
    release = () => admission.release();
    const request = decode(await call.readBody(principal), call);
    const target = resolveTarget(request, snapshot);
    planFor({ request, principal, wishes: readWishes(call.headers), target, snapshot }, deps);
    const identity: AnswerIdentity = {
      requestId: call.requestId,
      model: request.model,
      createdAtSeconds: Math.floor(deps.clock.nowMs() / 1000),
      includeUsage: true,
      request,
    };
    const dialect = clientDialects[call.dialect];
    const encoder = dialect.eventEncoder(identity);
    const events = [
      encoder.encode({ type: 'start', id: undefined, model: undefined }),
      encoder.encode({ type: 'finish', finish: { unified: 'stop', raw: undefined } }),
      encoder.encode({ type: 'end' }),
    ];
    sink.begin(200, streamHeaders(requestIdHeaders(call.requestId), dialect.streamContentType));
    sink.end(Buffer.concat(events.map((event) => Buffer.from(event))));
  } catch (thrown) {
    sendError(sink, toGatewayError(thrown), call, requestIdHeaders(call.requestId));
  } finally {
    release();
  }
}
