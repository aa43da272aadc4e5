import type { Candidate } from '../../catalog/index.ts';
import { type BesideDeps, callBeside, type LearnedStore, type Snapshot } from '../../gateway/index.ts';
import type { AttemptRecord, RequestRecord } from '../../ledger/index.ts';
import { type ChatAnswer, type ChatRequest, clientDialects } from '../../protocol/index.ts';
import type { Cancellation } from '../../upstream/index.ts';
import { costOfAll } from '../desk/judge-caller.ts';
import { textOf } from '../graders/judge.ts';
import { probePrompts } from './probe-prompts.ts';
import { type ProbeBaseline, type ProbeFinding, type ProbeRound, probeFinding } from './probe-test.ts';

export interface ProberTools {
  deps: BesideDeps;
  learned: LearnedStore;
  cancellation: Cancellation;
  /** The ledger takes what was called. */
  record(record: RequestRecord): Promise<void>;
}

/** A candidate that is no longer who it was. */
export interface ProviderChange extends ProbeFinding {
  candidate: string;
}

interface Probed {
  version: 1;
  lastMs: number;
  /** Rounds after the baseline, of all candidates together: each spends its share of error. */
  rounds: number;
  baselines: { [candidate: string]: ProbeBaseline };
}

/** Chance, at most, that a route's candidates are ever said to have changed while none has. */
const delta = 0.05;
const outputTokensMax = 24;
/** More failures than that make a round none. */
const missingMax = 6;

/**
 * Asks the candidates of a route the same short questions every week, whether or not traffic goes their way: a provider that exchanges what is behind a name tells nobody. The n-th comparison may be wrong with 6δ/(π²n²).
 */
export class Prober {
  readonly #tools: ProberTools;

  constructor(tools: ProberTools) {
    this.#tools = tools;
  }

  /** Asks whoever is due; resolves with those who changed, and what it cost in nano-USD. Rejects with `store_unavailable`. */
  async probe(
    { name, candidates }: { name: string; candidates: readonly Candidate[] },
    everyMs: number,
    snapshot: Snapshot,
  ): Promise<{ changes: ProviderChange[]; costNano: number } | undefined> {
    const { learned, deps, cancellation } = this.#tools;
    const state = readProbed(await learned.get(stateName(name)));
    const nowMs = deps.clock.nowMs();
    if (nowMs - state.lastMs < everyMs) return undefined;
    const changes: ProviderChange[] = [];
    let costNano = 0;
    for (const candidate of candidates) {
      const ask = async (): Promise<ProbeRound | undefined> => {
        const asked = await this.#round(candidate, name, snapshot);
        costNano += asked.costNano;
        return asked.round;
      };
      const known = state.baselines[candidate.id];
      const first = await ask();
      if (cancellation.cancelled) return undefined;
      if (first === undefined) continue;
      if (known !== undefined) {
        state.rounds += 1;
        const found = probeFinding(known, first, (6 * delta) / (Math.PI * state.rounds) ** 2);
        if (found === undefined) continue;
        changes.push({ candidate: candidate.id, ...found });
      }
      const second = await ask();
      if (second !== undefined) state.baselines[candidate.id] = { first, second };
    }
    state.lastMs = nowMs;
    await learned.put(stateName(name), JSON.stringify(state), nowMs);
    return { changes, costNano };
  }

  /** One prompt after the other, so that no provider notices; undefined where too many said nothing. */
  async #round(
    candidate: Candidate,
    route: string,
    snapshot: Snapshot,
  ): Promise<{ round: ProbeRound | undefined; costNano: number }> {
    const { deps, cancellation, record } = this.#tools;
    const requestId = deps.ids('req');
    const round: ProbeRound = { texts: [], inputTokens: [] };
    const calls: AttemptRecord[] = [];
    for (const prompt of probePrompts) {
      if (cancellation.cancelled) break;
      const call = { request: requestOf(prompt), plan: [candidate], requestId, role: 'shadow' as const };
      const { outcome, records } = await callBeside(
        { ...call, clientHeaders: {}, snapshot, cancellation },
        deps,
      );
      calls.push(...records);
      const answer: ChatAnswer | undefined = outcome.kind === 'answered' ? outcome.answer : undefined;
      round.texts.push(answer && textOf(answer));
      round.inputTokens.push(answer?.usage?.inputTokens);
    }
    const costNano = costOfAll(calls);
    if (calls.length > 0) await record(probeRecord(requestId, route, calls, costNano, deps.clock.nowMs()));
    const missing = round.texts.filter((text) => text === undefined).length;
    const isWhole = round.texts.length === probePrompts.length && missing <= missingMax;
    return { round: isWhole ? round : undefined, costNano: costNano ?? 0 };
  }
}

const stateName = (route: string): string => `probes/${route}`;

function readProbed(text: string | undefined): Probed {
  const none: Probed = { version: 1, lastMs: Number.NEGATIVE_INFINITY, rounds: 0, baselines: {} };
  if (text === undefined) return none;
  try {
    const state = JSON.parse(text) as Probed;
    return state.version === 1 ? state : none;
  } catch {
    return none;
  }
}

function requestOf(prompt: string): ChatRequest {
  const body = {
    model: 'probe',
    max_tokens: outputTokensMax,
    temperature: 0,
    messages: [{ role: 'user', content: prompt }],
  };
  return clientDialects['openai-chat'].decodeRequest(body, Buffer.from(JSON.stringify(body)));
}

/** What probing cost is on nobody's account. */
function probeRecord(
  id: string,
  route: string,
  calls: readonly AttemptRecord[],
  costNano: number | undefined,
  nowMs: number,
): RequestRecord {
  const startedAtMs = Math.min(...calls.map((call) => call.startedAtMs));
  return {
    id,
    startedAtMs,
    durationMs: nowMs - startedAtMs,
    keyId: 'key_proof',
    project: undefined,
    dialect: 'openai-chat',
    service: 'proof',
    model: calls[0]!.model,
    route,
    stream: false,
    deployment: undefined,
    outcome: 'answered',
    status: 200,
    error: undefined,
    usage: undefined,
    usageSource: 'none',
    costNano,
    referenceCostNano: undefined,
    firstContentMs: undefined,
    simulated: false,
    session: undefined,
    tags: [],
    droppedParams: [],
    attempts: calls.map((call, index) => ({ ...call, requestId: id, index })),
    decision: undefined,
  };
}
