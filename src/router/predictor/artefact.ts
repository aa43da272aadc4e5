import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AcceptanceParameters } from '../answer/acceptance.ts';
import type { Language } from '../decision.ts';
import { bucketsMax } from '../features/scan.ts';
import { structuralIds } from '../features/structural.ts';
import {
  type BenchmarkMapping,
  type Calibration,
  type CellKey,
  type ModelParameters,
  modelKey,
  type PredictorParameters,
  type Weights,
} from './parameters.ts';

/**
 * The serialised predictor: JSON without arrays of numbers, so that it stays small and a diff of it readable. Structural
 * weights are 32-bit floats, n-gram weights 8-bit integers with one scale per block, both in base64. It holds no text of
 * any prompt: n-grams exist in it only as buckets of a hash table that many share.
 */
export interface Artefact {
  format: number;
  id: string;
  /** SHA-256 of everything but `id` and `hash` itself. */
  hash: string;
  provenance: Provenance;
  features: { buckets: number; structural: string; mean: string; deviation: string };
  pooled: { centre: number; blocks: { [power: string]: EncodedWeights } };
  evidence: { cells: { [cell: string]: number }; languages: { [language: string]: number } };
  models: { [id: string]: EncodedModel };
  benchmarks: { [id: string]: Omit<BenchmarkMapping, 'id'> };
  calibration: Calibration;
  acceptance: AcceptanceParameters;
  /** What the training run measured out of fold and on left-out benchmarks, for people; predictions do not read it. */
  measured: { [name: string]: { [figure: string]: number } };
}

export interface Provenance {
  /** ISO date, given by whoever ran the training. */
  date: string;
  /** Version of the code that trained. */
  code: string;
  seed: number;
  dataSets: {
    [name: string]: { rows: number; models: number; licence: string; source: string; sha256: string };
  };
}

interface EncodedWeights {
  structural: string;
  ngramMean: number;
  ngramScale: number;
  /** Deflated, in base64. Empty where the block has no n-gram weights. */
  ngrams: string;
}

interface EncodedModel {
  /** Comma-separated. */
  names: string;
  ability: number;
  rows: number;
  cells: { [cell: string]: { rows: number; offset: number } };
  head?: EncodedWeights | undefined;
}

/** Grows when older code could misread the file. */
const artefactFormat = 2;

/** The artefact cannot be used; the message says why and what would make it right. */
export class ArtefactError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ArtefactError';
  }
}

export interface ArtefactNotes {
  provenance: Provenance;
  measured: Artefact['measured'];
}

export function encodeArtefact(parameters: PredictorParameters, notes: ArtefactNotes): Artefact {
  const body: Omit<Artefact, 'id' | 'hash'> = {
    format: artefactFormat,
    provenance: notes.provenance,
    features: {
      buckets: bucketsMax,
      structural: structuralIds.join(','),
      mean: encodeFloats(parameters.mean),
      deviation: encodeFloats(parameters.deviation),
    },
    pooled: {
      centre: parameters.centre,
      blocks: Object.fromEntries(
        parameters.pooled.map((weights, power) => [String(power), encodeWeights(weights)]),
      ),
    },
    evidence: {
      cells: Object.fromEntries([...parameters.cells].sort(byKey)),
      languages: Object.fromEntries([...parameters.languages].sort(byKey)),
    },
    models: Object.fromEntries(
      [...parameters.models].sort(byKey).map(([id, model]) => [id, encodeModel(model)]),
    ),
    benchmarks: Object.fromEntries(parameters.benchmarks.map(({ id, ...mapping }) => [id, mapping])),
    calibration: parameters.calibration,
    acceptance: parameters.acceptance,
    measured: notes.measured,
  };
  const hash = hashOf(body);
  return { id: `${notes.provenance.date}-${hash.slice(0, 12)}`, hash, ...body };
}

/** Reads and checks an artefact. Throws ArtefactError: another format, other features, a damaged file. */
export function decodeArtefact(value: unknown): PredictorParameters {
  const artefact = value as Artefact;
  if (typeof value !== 'object' || value === null || typeof artefact.format !== 'number') {
    throw new ArtefactError('Not a router artefact; `yumen train` writes one.');
  }
  if (artefact.format !== artefactFormat) {
    throw new ArtefactError(
      `The artefact has format ${artefact.format}, this version reads ${artefactFormat}; train it again with this version.`,
    );
  }
  const { id, hash, ...body } = artefact;
  if (hashOf(body) !== hash)
    throw new ArtefactError('The artefact is damaged: its contents do not match its hash.');
  if (body.features.buckets !== bucketsMax || body.features.structural !== structuralIds.join(',')) {
    throw new ArtefactError('The artefact was trained on other features; train it again with this version.');
  }
  const models = new Map<string, ModelParameters>();
  for (const [name, encoded] of Object.entries(body.models)) {
    const model = decodeModel(encoded);
    models.set(modelKey(name), model);
    for (const other of model.names) if (!models.has(other)) models.set(other, model);
  }
  return {
    id,
    mean: decodeFloats(body.features.mean, structuralIds.length),
    deviation: decodeFloats(body.features.deviation, structuralIds.length),
    pooled: Object.keys(body.pooled.blocks)
      .sort()
      .map((power) => decodeWeights(body.pooled.blocks[power]!)),
    centre: body.pooled.centre,
    cells: new Map(Object.entries(body.evidence.cells) as [CellKey, number][]),
    languages: new Map(Object.entries(body.evidence.languages) as [Language, number][]),
    models,
    benchmarks: Object.entries(body.benchmarks).map(([benchmark, mapping]) => ({
      id: benchmark,
      ...mapping,
    })),
    calibration: body.calibration,
    acceptance: body.acceptance,
    trainedOn: new Set(Object.values(body.provenance.dataSets).map((set) => set.sha256)),
  };
}

const byKey = (a: [string, unknown], b: [string, unknown]) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** Over the JSON text: key order is that of the file, and the encoder writes keys in one order. */
function hashOf(body: Omit<Artefact, 'id' | 'hash'>): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function encodeModel(model: ModelParameters): EncodedModel {
  return {
    names: model.names.join(','),
    ability: rounded(model.ability),
    rows: model.rows,
    cells: Object.fromEntries(
      [...model.cells]
        .sort(byKey)
        .map(([cell, { rows, offset }]) => [cell, { rows, offset: rounded(offset) }]),
    ),
    ...(model.head === undefined ? {} : { head: encodeWeights(model.head) }),
  };
}

function decodeModel(encoded: EncodedModel): ModelParameters {
  return {
    names: encoded.names.split(','),
    ability: encoded.ability,
    rows: encoded.rows,
    cells: new Map(Object.entries(encoded.cells) as [CellKey, { rows: number; offset: number }][]),
    head: encoded.head === undefined ? undefined : decodeWeights(encoded.head),
  };
}

const rounded = (value: number) => Math.round(value * 1e5) / 1e5;

/** Steps of the 8-bit scale below which a weight is dropped: zeros pack well. */
const deadZone = 1;

function encodeWeights(weights: Weights): EncodedWeights {
  let largest = 0;
  for (const weight of weights.ngrams) largest = Math.max(largest, Math.abs(weight));
  const structural = encodeFloats(weights.structural);
  const { ngramMean } = weights;
  if (largest === 0) return { structural, ngramMean, ngramScale: 0, ngrams: '' };
  const ngramScale = largest / 127;
  const ngrams = Int8Array.from(weights.ngrams, (weight) => {
    const steps = weight / ngramScale;
    return Math.abs(steps) < deadZone ? 0 : Math.round(steps);
  });
  const packed = deflateRawSync(Buffer.from(ngrams.buffer), { level: 9 });
  return { structural, ngramMean, ngramScale, ngrams: packed.toString('base64') };
}

function decodeWeights(encoded: EncodedWeights): Weights {
  const structural = decodeFloats(encoded.structural, structuralIds.length + 1);
  const { ngramMean } = encoded;
  if (encoded.ngrams === '') return { structural, ngrams: new Float32Array(0), ngramMean };
  const bytes = inflateRawSync(Buffer.from(encoded.ngrams, 'base64'), { maxOutputLength: bucketsMax });
  if (bytes.length !== bucketsMax) {
    throw new ArtefactError('The artefact is damaged: a block of n-gram weights has the wrong size.');
  }
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    structural,
    ngrams: Float32Array.from(signed, (weight) => weight * encoded.ngramScale),
    ngramMean,
  };
}

function encodeFloats(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i]!, i * 4);
  return bytes.toString('base64');
}

function decodeFloats(text: string, length: number): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== length * 4) {
    throw new ArtefactError('The artefact is damaged: a block of numbers has the wrong size.');
  }
  return Float32Array.from({ length }, (_, i) => bytes.readFloatLE(i * 4));
}
