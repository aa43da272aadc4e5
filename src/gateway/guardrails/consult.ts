import type { GuardrailRecord } from '../../ledger/index.ts';
import type { PolicyGate } from '../../policy/index.ts';
import { GatewayError, type JsonObject } from '../../protocol/index.ts';
import type { AnswerSink } from '../call.ts';
import { cancellationOf } from '../execution.ts';
import type { GatewayDeps } from '../gateway.ts';
import type { OpenRequest } from '../open-requests.ts';
import { askGuardrail, type GuardrailFailure } from './ask.ts';
import { readVerdict } from './contract.ts';
import type { Guardrail, GuardrailPhase } from './guardrail.ts';

export type GuardrailDeps = Pick<GatewayDeps, 'transport' | 'clock' | 'log'>;

/** Whom the answers of guardrails concern, and where they are noted. */
export interface Consultation {
  requestId: string;
  /** Of the request; undefined = nothing of a request is shown. */
  gate: PolicyGate | undefined;
  notes: GuardrailRecord[];
  sink: AnswerSink;
  open: OpenRequest;
  deps: GuardrailDeps;
}

export interface GuardrailQuestion<Replacement> {
  phase: GuardrailPhase;
  /** Undefined where it holds what a guardrail cannot read. */
  body: Uint8Array | undefined;
  /** What the guardrail put in the place of what it was shown; undefined where that is not in order. */
  read(document: JsonObject): Replacement | undefined;
}

const retryAfterMs = 1_000;

/**
 * Asks one guardrail. Gives what it put in the place of what it was shown, undefined where it let that pass. Throws
 * `blocked_by_guardrail`, `guardrail_unavailable` where one that must be asked could not be, and what ended the request meanwhile.
 */
export async function consult<Replacement>(
  guardrail: Guardrail,
  { phase, body, read }: GuardrailQuestion<Replacement>,
  consultation: Consultation,
): Promise<Replacement | undefined> {
  const { deps, notes, open } = consultation;
  const refusal = consultation.gate?.serviceRefusal(guardrail.endpoint, 'guardrail');
  if (refusal !== undefined) {
    // It may not see the request, and the request may not go on without it.
    throw new GatewayError(
      'forbidden',
      `The guardrail «${guardrail.name}» must check this request, and the policy keeps it from seeing it (${refusal.rule}): ${refusal.why}. Its operator states where it runs under guardrails.endpoint.`,
    );
  }
  const startedMs = deps.clock.monotonicMs();
  const note = (action: GuardrailRecord['action'], code: string | undefined): void => {
    const durationMs = deps.clock.monotonicMs() - startedMs;
    notes.push({ name: guardrail.name, phase, action, code, durationMs });
  };
  const fail = (why: GuardrailFailure, detail: string): undefined => {
    const { requestId } = consultation;
    deps.log.warn(
      { requestId, guardrail: guardrail.name, phase, why, detail, onFailure: guardrail.onFailure },
      'a guardrail could not check a request',
    );
    note(guardrail.onFailure === 'open' ? 'failed-open' : 'failed-closed', why);
    if (guardrail.onFailure === 'closed') throw unavailable(guardrail, phase, why, detail);
  };
  if (body === undefined) return fail('unreadable', 'the input holds token ids or media');
  if (body.byteLength > guardrail.bodyBytesMax) {
    return fail('too-large', `${body.byteLength} bytes would have to be sent`);
  }
  const reply = await askGuardrail(guardrail, body, deps.transport, cancellationOf(consultation));
  if (reply.kind === 'cancelled') {
    throw open.interruption ?? new GatewayError('client_closed', 'The client closed the connection.');
  }
  if (reply.kind === 'failed') return fail(reply.why, reply.detail);
  const verdict = readVerdict(reply.bytes);
  switch (verdict?.action) {
    case 'allow':
      note('allowed', undefined);
      return undefined;
    case 'block':
      note('blocked', verdict.code);
      throw blocked(guardrail, phase, verdict);
    case 'replace': {
      const replacement = read(verdict.document);
      if (replacement === undefined) return fail('invalid-reply', 'its replacement is not of the shape');
      note('replaced', undefined);
      return replacement;
    }
    default:
      return fail('invalid-reply', 'its answer is no verdict');
  }
}

const shown: { readonly [phase in GuardrailPhase]: string } = { before: 'request', after: 'answer' };

function blocked(
  { name }: Guardrail,
  phase: GuardrailPhase,
  { reason, code }: { reason: string | undefined; code: string | undefined },
): GatewayError {
  const why = reason === undefined ? '.' : `: ${reason}`;
  return new GatewayError(
    'blocked_by_guardrail',
    `The guardrail «${name}» refused the ${shown[phase]}${why}`,
    {
      details: { guardrail: name, ...(code === undefined ? {} : { code }) },
      detail: `${name}: ${code ?? 'no code'}`,
    },
  );
}

/** What would fail again and again is a refusal: nobody should be told to repeat it. */
function unavailable(
  { name, bodyBytesMax }: Guardrail,
  phase: GuardrailPhase,
  why: GuardrailFailure,
  told: string,
): GatewayError {
  const detail = `${name}: ${why}, ${told}`;
  if (why === 'too-large') {
    const message = `The guardrail «${name}» must read the ${shown[phase]}, and is sent at most ${bodyBytesMax} bytes: send a shorter one.`;
    return new GatewayError('blocked_by_guardrail', message, { detail });
  }
  if (why === 'unreadable') {
    const message = `The guardrail «${name}» must read the ${shown[phase]}, and it is not all text: send text only.`;
    return new GatewayError('blocked_by_guardrail', message, { detail });
  }
  const message = `The guardrail «${name}» must check the ${shown[phase]} and could not be asked: try again.`;
  return new GatewayError('guardrail_unavailable', message, { detail, retryAfterMs });
}
