import {
  type ChatAnswer,
  type ClientDialectName,
  clientDialects,
  GatewayError,
} from '../../protocol/index.ts';
import { conversationOf, textOf } from '../graders/judge.ts';
import type { Capture, Label, Pair } from '../pairs/pair.ts';
import { drawn } from '../sampling/draw.ts';
import type { ProofStore } from '../store.ts';
import { toBeLabelled } from './labelled.ts';

/** One pair as a person sees it: which answer is whose is not told. */
export interface LabelTask {
  pairId: string;
  route: string;
  atMs: number;
  task: Pair['task'];
  language: Pair['language'];
  /** The conversation as text. */
  request: string;
  comparisons: { id: string; first: string; second: string }[];
}

export type Verdict = 'first' | 'second' | 'same';

export interface LabellingTools {
  store: Pick<ProofStore, 'pair' | 'pairs' | 'capture' | 'labels' | 'putLabel'>;
  secret: Uint8Array;
  nowMs(): number;
}

/** A pair that somebody looks at is nobody else's for so long. */
const leaseMs = 600_000;
const leasesMax = 1000;
const lookedAtMax = 50;
const commentCharsMax = 2000;

/** Asks people which of two answers is better, without telling whose they are. */
export class Labelling {
  readonly #tools: LabellingTools;
  readonly #leases = new Map<string, { by: string; untilMs: number }>();

  constructor(tools: LabellingTools) {
    this.#tools = tools;
  }

  /**
   * What a person is asked next; undefined where there is nothing, or its texts are gone.
   *
   * @param wanted pairs that wait for a label, the first first
   * @param by key of whoever asks
   */
  async next(
    route: string | undefined,
    wanted: readonly string[],
    by: string,
  ): Promise<LabelTask | undefined> {
    const { store } = this.#tools;
    for (const id of wanted.slice(0, lookedAtMax)) {
      const task = await this.#taskOf(await store.pair(id), by);
      if (task !== undefined) return task;
    }
    const { pairs } = await store.pairs({ route, anchors: 'open', limit: lookedAtMax });
    for (const pair of pairs) {
      const task = await this.#taskOf(pair, by);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  /**
   * Stores what a person said. Rejects with `invalid_request` where a comparison is missing or unknown.
   *
   * @returns all labels of the pair, of everybody
   */
  async label(
    pair: Pair,
    verdicts: ReadonlyMap<string, Verdict>,
    { by, comment }: { by: string; comment: string | undefined },
  ): Promise<Label[]> {
    const { store } = this.#tools;
    const candidates = toBeLabelled(pair);
    if (candidates.length === 0)
      throw new GatewayError(
        'invalid_request',
        'No judge was needed for this pair, so there is nothing to label.',
        {
          param: 'pair_id',
        },
      );
    const ids = candidates.map((_, index) => comparisonId(index));
    const missing = ids.filter((id) => !verdicts.has(id));
    const unknown = [...verdicts.keys()].filter((id) => !ids.includes(id));
    if (missing.length + unknown.length > 0)
      throw new GatewayError(
        'invalid_request',
        `The pair has the comparisons ${ids.join(', ')}: say of each, and of no other, which answer is better.`,
        { param: 'verdicts' },
      );
    const atMs = this.#tools.nowMs();
    for (const [index, candidate] of candidates.entries()) {
      const loss = lossOf(verdicts.get(comparisonId(index))!, this.#referenceFirst(pair, candidate));
      const note = comment?.slice(0, commentCharsMax);
      await store.putLabel({ pairId: pair.id, candidate, loss, by, comment: note, atMs });
    }
    this.#leases.delete(pair.id);
    return store.labels([pair.id]);
  }

  async #taskOf(pair: Pair | undefined, by: string): Promise<LabelTask | undefined> {
    if (pair === undefined || !this.#isFree(pair.id, by)) return undefined;
    const capture = await this.#tools.store.capture(pair.requestId);
    const texts = capture && textsOf(pair, capture);
    const candidates = toBeLabelled(pair);
    if (capture === undefined || texts === undefined || candidates.length === 0) return undefined;
    if (!candidates.every((one) => texts.has(one)) || !texts.has(pair.reference)) return undefined;
    this.#lease(pair.id, by);
    const { id, route, atMs, task, language } = pair;
    return {
      pairId: id,
      route,
      atMs,
      task,
      language,
      request: requestText(capture),
      comparisons: candidates.map((candidate, index) => {
        const [reference, other] = [texts.get(pair.reference)!, texts.get(candidate)!];
        const isFirst = this.#referenceFirst(pair, candidate);
        return {
          id: comparisonId(index),
          first: isFirst ? reference : other,
          second: isFirst ? other : reference,
        };
      }),
    };
  }

  #referenceFirst({ id }: Pair, candidate: string): boolean {
    return drawn(this.#tools.secret, 'label-order', [id, candidate]) < 0.5;
  }

  #isFree(pairId: string, by: string): boolean {
    const lease = this.#leases.get(pairId);
    return lease === undefined || lease.by === by || lease.untilMs < this.#tools.nowMs();
  }

  #lease(pairId: string, by: string): void {
    this.#leases.delete(pairId);
    this.#leases.set(pairId, { by, untilMs: this.#tools.nowMs() + leaseMs });
    const [first] = this.#leases.keys();
    if (this.#leases.size > leasesMax && first !== undefined) this.#leases.delete(first);
  }
}

const comparisonId = (index: number): string => `c${index + 1}`;

function lossOf(verdict: Verdict, referenceFirst: boolean): number {
  if (verdict === 'same') return 0;
  return (verdict === 'first') === referenceFirst ? 1 : -1;
}

function textsOf({ answers }: Pair, capture: Capture): Map<string, string> | undefined {
  const texts = new Map<string, string>();
  for (const { candidate } of answers) {
    const answer = capture.answers[candidate];
    if (answer !== undefined) texts.set(candidate, textOf(JSON.parse(answer) as ChatAnswer));
  }
  return texts.size < 2 ? undefined : texts;
}

/** What the client sent, as a conversation; where it cannot be read any more, as it came. */
function requestText({ request, dialect }: Capture): string {
  try {
    const codec = clientDialects[dialect as ClientDialectName];
    return conversationOf(codec.decodeRequest(JSON.parse(request), Buffer.from(request)));
  } catch {
    return request;
  }
}
