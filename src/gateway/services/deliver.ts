import type { ServiceOutcome } from '../../upstream/index.ts';
import { costHeader } from '../response-headers.ts';
import { sendJson } from '../send-json.ts';
import { endAttempt } from '../trace.ts';
import { finishService, type ServiceExchange, serviceHeaders } from './exchange.ts';
import type { ServiceAttempt } from './trace.ts';

type Whole = Extract<ServiceOutcome<ServiceAttempt>, { kind: 'whole' }>;

/** Sends one JSON document, after its record is durable. */
export async function deliverWhole(exchange: ServiceExchange, outcome: Whole): Promise<void> {
  const { trace: attempt, answer, head } = outcome;
  attempt.usage = answer.usage;
  attempt.units = answer.units;
  const monotonicMs = exchange.deps.clock.monotonicMs();
  endAttempt(attempt, { outcome: 'answered', monotonicMs, status: head.status });
  const record = await finishService(exchange, {
    outcome: 'answered',
    status: head.status,
    error: undefined,
  });
  const headers = { ...serviceHeaders(exchange), ...costHeader(record.costNano) };
  exchange.begun = true;
  sendJson(exchange.sink, head.status, answer.bytes, headers);
}
