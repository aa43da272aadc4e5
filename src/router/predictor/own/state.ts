import { isObject } from '../../../protocol/index.ts';
import type { CellKey } from '../parameters.ts';
import type { SignalName } from '../signals.ts';
import { type Belief, grow } from './belief.ts';

/** What a head has weights for beside the ask: each kind of work and language, each signal. */
export type PartName = CellKey | SignalName;

/** What is known of one model. */
export interface Head {
  rows: number;
  /** Constant, structure, embedding, the shipped gap; then the parts as they came. */
  belief: Belief;
  /** Where a part's weights begin, and outcomes that had it. */
  parts: Map<PartName, { from: number; rows: number }>;
}

/** Kinds of work and languages beyond them have no weights of their own. */
export const partsMax = 40;

/** What was learned, as JSON can hold it: 32-bit floats in base64, about 30 kB a model. */
export interface OwnState {
  version: 1;
  artefact: string;
  /** The one without outcomes for longest first. */
  models: [string, HeadState][];
}

export interface HeadState {
  rows: number;
  mean: string;
  covariance: string;
  /** In the order of their weights, with their outcomes. */
  parts: [PartName, number][];
}

export const encodeHead = ({ rows, belief, parts }: Head): HeadState => ({
  rows,
  mean: encodeFloats(belief.mean),
  covariance: encodeFloats(belief.covariance),
  parts: [...parts].map(([name, part]) => [name, part.rows]),
});

/** Fills a new head; undefined where the value is none: a damaged state must not poison the estimates. */
export function decodeHead(
  value: unknown,
  head: Head,
  priorOf: (name: PartName) => Float64Array,
): Head | undefined {
  if (!isObject(value) || !isCount(value['rows']) || !Array.isArray(value['parts'])) return undefined;
  const parts = value['parts'] as unknown[];
  // Signals may come on top of the kinds of work.
  if (parts.length > 2 * partsMax) return undefined;
  for (const part of parts) {
    if (!Array.isArray(part) || typeof part[0] !== 'string' || !isCount(part[1])) return undefined;
    const name = part[0] as PartName;
    head.parts.set(name, { from: head.belief.prior.length, rows: part[1] });
    grow(head.belief, priorOf(name));
  }
  const { mean, covariance, prior } = head.belief;
  if (!fillFloats(mean, value['mean']) || !fillFloats(covariance, value['covariance'])) return undefined;
  head.rows = value['rows'];
  return prior.every((_, i) => covariance[((i + 1) * (i + 2)) / 2 - 1]! > 0) ? head : undefined;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function encodeFloats(values: Float64Array): string {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i]!, i * 4);
  return bytes.toString('base64');
}

function fillFloats(into: Float64Array, text: unknown): boolean {
  if (typeof text !== 'string') return false;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== into.length * 4) return false;
  for (let i = 0; i < into.length; i++) into[i] = bytes.readFloatLE(i * 4);
  return into.every(Number.isFinite);
}
