import { type ChatAnswer, type ChatRequest, GatewayError, replaceTexts } from '../../protocol/index.ts';
import type { AnswerSink } from '../call.ts';
import type { OpenRequest } from '../open-requests.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CallTarget } from '../target.ts';
import type { RequestTrace } from '../trace.ts';
import { type Consultation, consult, type GuardrailDeps } from './consult.ts';
import {
  type CheckedRequest,
  type GuardrailSubject,
  questionOf,
  readAnswerText,
  readTexts,
  withText,
} from './contract.ts';
import { type Guardrail, guardrailsFor } from './guardrail.ts';

/** The guardrails of one chat request. */
export interface Guarding {
  /** Its answer is checked, so nothing of it may leave before. */
  readonly checksAnswer: boolean;
  /** The request as it may go on. Throws what `consult` throws, and `invalid_request` where its answers could not be checked. */
  checkRequest(): Promise<ChatRequest>;
  /** The answer as the client may have it; the same object where nothing was changed. Throws what `consult` throws. */
  checkAnswer(answer: ChatAnswer): Promise<ChatAnswer>;
}

/** Undefined where no guardrail concerns the request. */
export function guardingOf(
  trace: RequestTrace,
  target: CallTarget,
  snapshot: Pick<Snapshot, 'guardrails'>,
  client: { sink: AnswerSink; open: OpenRequest },
  deps: GuardrailDeps,
): Guarding | undefined {
  if (snapshot.guardrails === undefined || snapshot.guardrails.length === 0) return undefined;
  const names = namesOf(trace.request, target);
  const { stream, choices } = trace.request;
  const before = guardrailsFor(snapshot.guardrails, 'before', names);
  const after = guardrailsFor(snapshot.guardrails, 'after', names).filter(
    ({ checksStreams }) => !stream || checksStreams,
  );
  if (before.length === 0 && after.length === 0) return undefined;
  const notes = trace.guardrails ?? [];
  trace.guardrails = notes;
  const consultation = { requestId: trace.call.requestId, gate: trace.gate, notes, ...client, deps };
  const subject = subjectOf(trace, target);
  return {
    checksAnswer: after.length > 0,
    async checkRequest() {
      if (after.length > 0 && choices > 1) throw tooManyChoices(after[0]!);
      return checkRequest(before, trace, subject, consultation);
    },
    async checkAnswer(answer) {
      let checked = answer;
      for (const guardrail of after) {
        const body = questionOf('after', subject, checkedRequest(trace.request), checked);
        const text = await consult(guardrail, { phase: 'after', body, read: readAnswerText }, consultation);
        if (text !== undefined) checked = withText(checked, text);
      }
      return checked;
    },
  };
}

/** What a request is called by: its route, or each model that it names. */
export function namesOf(
  { model, fallbackModels }: Pick<ChatRequest, 'model' | 'fallbackModels'>,
  { route, candidates }: Pick<CallTarget, 'route' | 'candidates'>,
): string[] {
  if (route !== undefined) return [route.name];
  const served = candidates.flatMap(({ candidate: { deployment } }) => [deployment.id, deployment.model.id]);
  return [...new Set([model, ...fallbackModels, ...served])];
}

async function checkRequest(
  guardrails: readonly Guardrail[],
  { request, call }: RequestTrace,
  subject: GuardrailSubject,
  consultation: Consultation,
): Promise<ChatRequest> {
  let checked = request;
  for (const guardrail of guardrails) {
    const current = checked;
    const body = questionOf('before', subject, checkedRequest(current), undefined);
    const replaced = await consult(
      guardrail,
      {
        phase: 'before',
        body,
        read(document) {
          const texts = readTexts(document, current.messages);
          return texts && replaceTexts(current, texts, call.path);
        },
      },
      consultation,
    );
    checked = replaced ?? checked;
  }
  return checked;
}

function checkedRequest({ dialect, stream, messages, tools }: ChatRequest): CheckedRequest {
  return { kind: dialect, stream, messages, tools: tools.map(({ name }) => name) };
}

function subjectOf(
  { call, principal, request, tags }: RequestTrace,
  { route }: CallTarget,
): GuardrailSubject {
  const { keyId, project } = principal;
  return { requestId: call.requestId, route: route?.name, model: request.model, keyId, project, tags };
}

function tooManyChoices({ name }: Guardrail): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The guardrail «${name}» checks one answer at a time: ask for one, and again for another.`,
    { param: 'n' },
  );
}
