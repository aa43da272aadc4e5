import type { Principal } from '../../identity/index.ts';
import type { AttemptRecord } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import {
  type AskedSignal,
  type AskSignals,
  isUndecided,
  type SignalName,
  type SignalOffer,
} from '../../router/index.ts';
import type { Cancellation } from '../../upstream/index.ts';
import type { Plan } from '../plan.ts';
import { boundNano } from '../services/worst-case.ts';
import { sumOfCosts } from '../settle.ts';
import type { Route, Snapshot } from '../snapshot.ts';
import type { CallTarget } from '../target.ts';
import type { SignalCalls } from '../trace.ts';
import type { Asking, PreparedSignal, SignalCall, SignalDeps } from './asking.ts';
import { prepareEmbedding } from './embedding-call.ts';
import { prepareJudge } from './judge-call.ts';
import type { RouteSignals, SignalSource } from './settings.ts';
import { SignalWindow } from './signal-window.ts';

export interface SignalQuestion {
  requestId: string;
  principal: Principal;
  target: CallTarget;
  snapshot: Snapshot;
  /** The client left, or the gateway shuts down. */
  client: Cancellation;
  /** Called once where anything is asked, before it is over. */
  began(calls: SignalCalls): void;
}

/**
 * The plan as it is after those signals were asked that could change it: none where the route has none, where nothing is undecided, and where they
 * may not be asked. Whatever becomes of them, there is a plan by their deadline.
 */
export async function informed(plan: Plan, question: SignalQuestion, deps: SignalDeps): Promise<Plan> {
  const { route } = question.target;
  const signals = route?.signals;
  if (route === undefined || signals === undefined) return plan;
  deps.signals.seen(route.name, signals.shareMax);
  if (route.mode === 'observe' && !signals.inObserve) return plan;
  const sources = askable(route, signals, plan, question, deps);
  const offers = offersOf(sources, plan, deps);
  if (offers.length === 0) return plan;
  const doubt = isUndecided(plan.input, plan.decision, offers, question.snapshot.predictor, (signals) =>
    plan.told({ signals }),
  );
  deps.signals.note(route.name, doubt.undecided ? 'undecided' : 'decided');
  if (!doubt.undecided) return plan;
  if (!deps.signals.take(route.name)) {
    deps.signals.note(route.name, 'over-share');
    return plan;
  }
  const wanted = sources.filter(({ name }) => doubt.signals.some((offer) => offer.name === name));
  const asked = await ask(wanted, route.name, plan, question, deps);
  if (asked === undefined || question.client.cancelled) return plan;
  const { values, notes, waitedMs } = asked;
  const costNano = doubt.signals.reduce((sum, offer) => sum + offer.costNano, 0);
  const again = plan.again({
    signals: values,
    asked: { asked: notes, without: doubt.choice, waitedMs, costNano },
  });
  if (again.decision.signals?.changed === true) deps.signals.note(route.name, 'changed');
  return again;
}

/** What policy lets see this request, by the very function that says who may answer it, and what is not resting. */
function askable(
  { name }: Route,
  { sources }: RouteSignals,
  { gate }: Plan,
  { target }: SignalQuestion,
  deps: SignalDeps,
): SignalSource[] {
  return sources.flatMap((source) => {
    const own = source.callees.map((candidate) => ({ candidate, calledAs: name }));
    const { allowed } = gate.admit([...target.candidates, ...own], 'signal');
    const callees = source.callees.filter((callee) => allowed.includes(callee));
    return callees.length > 0 && deps.signals.offers(name, source.name) ? [{ ...source, callees }] : [];
  });
}

/** Beside the ask a judge reads its instructions. */
const instructionTokens = 250;
/** Of text in most scripts; Chinese has fewer, and what is asked here is only what a call will about cost. */
const charsPerToken = 3;

function offersOf(sources: SignalSource[], { ask }: Plan, { clock }: SignalDeps): SignalOffer[] {
  return sources.flatMap(({ name, callees, askCharsMax }) => {
    const tokens = Math.ceil(Math.min(ask.length, askCharsMax) / charsPerToken);
    const bound =
      name === 'judge'
        ? { inputTokens: tokens + instructionTokens, outputTokens: 2 }
        : { inputTokens: tokens, outputTokens: 0 };
    const costNano = boundNano(callees[0]!.deployment, bound, clock.nowMs());
    return costNano === undefined ? [] : [{ name, costNano }];
  });
}

interface AskedAll {
  values: AskSignals;
  notes: AskedSignal[];
  waitedMs: number;
}

/** Undefined where the key's budget does not cover it, or all rest by now. */
async function ask(
  sources: SignalSource[],
  route: string,
  plan: Plan,
  question: SignalQuestion,
  deps: SignalDeps,
): Promise<AskedAll | undefined> {
  const startedMs = deps.clock.monotonicMs();
  const entered = sources.flatMap((source) => {
    const tell = deps.signals.enter(route, source.name);
    return tell === undefined ? [] : [prepared(source, tell, plan.ask, question, deps)];
  });
  if (entered.length === 0) return undefined;
  const worstNano = entered.reduce((sum, one) => sum + one.signal.worstNano, 0);
  const reservation = await deps.limits.reserve(question.principal, worstNano).catch((thrown: unknown) => {
    for (const { tell, window } of entered) {
      window.close();
      tell('cancelled');
    }
    if (thrown instanceof GatewayError) return undefined;
    throw thrown;
  });
  if (reservation === undefined) {
    deps.signals.note(route, 'over-budget');
    return undefined;
  }
  const running = entered.map((one) => ({ ...one, call: started(one, deps) }));
  question.began({
    records: recordsOf(running, deps).then(async (records) => {
      // What cannot be priced is booked as it was held: a budget fails closed.
      await reservation.settle(sumOfCosts(records) ?? Number.NaN);
      return records;
    }),
  });
  const heard = await Promise.all(running.map((one) => listen(one, startedMs, deps)));
  const values: { [name in SignalName]?: number[] } = {};
  const notes: AskedSignal[] = [];
  for (const { note, numbers } of heard) {
    notes.push(note);
    if (numbers === undefined) continue;
    values[note.name] = note.name === 'judge' ? [deps.signals.rated(route, numbers[0]!)] : numbers;
  }
  return { values, notes, waitedMs: deps.clock.monotonicMs() - startedMs };
}

type Tell = NonNullable<ReturnType<SignalDeps['signals']['enter']>>;

interface Entered {
  source: SignalSource;
  tell: Tell;
  window: SignalWindow;
  signal: PreparedSignal;
}

interface Running extends Entered {
  /** Undefined where a fault of ours struck. */
  call: Promise<SignalCall | undefined>;
}

function prepared(
  source: SignalSource,
  tell: Tell,
  text: string,
  { requestId, snapshot, client }: SignalQuestion,
  deps: SignalDeps,
): Entered {
  const window = new SignalWindow(source.deadlineMs, client);
  const asking: Asking = { source, requestId, snapshot, cancellation: window, deps };
  const signal = source.name === 'judge' ? prepareJudge(text, asking) : prepareEmbedding(text, asking);
  return { source, tell, window, signal };
}

async function started({ signal, source }: Entered, { log }: SignalDeps): Promise<SignalCall | undefined> {
  try {
    return await signal.call();
  } catch (thrown) {
    log.error({ signal: source.name, cause: String(thrown) }, 'a signal could not be asked');
    return undefined;
  }
}

/** Until it has answered, or its window is over: whatever is still under way then ends by itself, with its record. */
async function listen(
  { call, source, tell, window }: Running,
  startedMs: number,
  { clock }: SignalDeps,
): Promise<{ note: AskedSignal; numbers: number[] | undefined }> {
  const whole = await Promise.race([call, window.over.then(() => 'over' as const)]);
  const durationMs = clock.monotonicMs() - startedMs;
  const done = whole === 'over' ? undefined : whole;
  const outcome = outcomeOf(done, window);
  window.close();
  tell(outcome);
  const note: AskedSignal = {
    name: source.name,
    deployment: done?.deployment ?? source.callees[0]?.deployment.id,
    outcome: outcome === 'cancelled' ? 'failed' : outcome,
    durationMs,
  };
  const numbers = done?.reply.kind === 'answered' ? done.reply.numbers : undefined;
  return { note, numbers };
}

function outcomeOf(call: SignalCall | undefined, window: SignalWindow): AskedSignal['outcome'] | 'cancelled' {
  if (call !== undefined && call.reply.kind !== 'cancelled') return call.reply.kind;
  if (window.cancelled) return window.late ? 'late' : 'cancelled';
  return 'failed';
}

async function recordsOf(running: Running[], { log }: SignalDeps): Promise<AttemptRecord[]> {
  const records: AttemptRecord[] = [];
  for (const { call, source } of running) {
    try {
      records.push(...((await (await call)?.records()) ?? []));
    } catch (thrown) {
      log.error({ signal: source.name, cause: String(thrown) }, 'a call of a signal could not be recorded');
    }
  }
  return records;
}
