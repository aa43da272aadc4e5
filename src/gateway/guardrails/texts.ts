import type { Deployment } from '../../catalog/index.ts';
import type { ServiceExchange } from '../services/exchange.ts';
import { consult } from './consult.ts';
import { questionOf } from './contract.ts';
import { guardrailsFor } from './guardrail.ts';

/**
 * Has the guardrails read the texts of a request beside chat. They may refuse it; a replacement would be of another input than the client's
 * answer is about, and counts as a failure. Throws what `consult` throws.
 *
 * @param texts undefined for what is no text
 */
export async function checkTexts(
  exchange: ServiceExchange,
  texts: readonly (string | undefined)[],
  deployments: readonly Deployment[],
): Promise<void> {
  const { trace, snapshot, principal, gate, call, sink, open, deps } = exchange;
  if (trace === undefined || snapshot.guardrails === undefined) return;
  const names = [trace.model, ...deployments.flatMap(({ id, model }) => [id, model.id])];
  const guardrails = guardrailsFor(snapshot.guardrails, 'before', names);
  if (guardrails.length === 0) return;
  const notes = trace.guardrails ?? [];
  trace.guardrails = notes;
  const parts = texts.flatMap((text) => (text === undefined ? [] : [{ type: 'text' as const, text }]));
  const body =
    parts.length < texts.length
      ? undefined
      : questionOf(
          'before',
          {
            requestId: call.requestId,
            route: undefined,
            model: trace.model,
            keyId: principal.keyId,
            project: principal.project,
            tags: trace.tags,
          },
          { kind: trace.service, stream: false, messages: [{ role: 'user', parts }], tools: [] },
          undefined,
        );
  for (const guardrail of guardrails) {
    const question = { phase: 'before' as const, body, read: () => undefined };
    await consult(guardrail, question, { requestId: call.requestId, gate, notes, sink, open, deps });
  }
}
