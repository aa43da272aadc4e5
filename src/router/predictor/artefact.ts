import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AcceptanceParameters } from '../answer/acceptance.ts';
import type { Language } from '../decision.ts';
import { type EmbeddingTable, type Prototypes, usualWidth } from '../features/embedding.ts';
import { bucketsMax } from '../features/scan.ts';
import { structuralIds } from '../features/structural.ts';
import {
  type AbilityScale,
  type BenchmarkMapping,
  type Calibration,
  type CellKey,
  type ModelParameters,
  modelKey,
  type PredictorParameters,
  type Weights,
} from './parameters.ts';

/**
 * The serialised predictor: JSON without arrays of numbers, so that it stays small and a diff of it readable. Weights are
 * 32-bit floats, the embedding's table 8-bit integers with one scale per dimension, both in base64. It holds no text of
 * any prompt: n-grams exist in it only as buckets of a hash table that many share.
 */
export interface Artefact {
  format: number;
  id: string;
  /** SHA-256 of everything but `id` and `hash` itself. */
  hash: string;
  provenance: Provenance;
  features: {
    buckets: number;
    structural: string;
    mean: string;
    deviation: string;
  };
  /** `rows`, `rarity` and `prototypes` are deflated, in base64. */
  embedding: {
    dimensions: number;
    rows: string;
    scale: string;
    rarity: string;
    prototypes: string;
    usual: string;
  };
  scale: AbilityScale;
  pooled: { [power: string]: EncodedWeights };
  evidence: {
    cells: { [cell: string]: number };
    languages: { [language: string]: number };
  };
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
    [name: string]: {
      rows: number;
      models: number;
      licence: string;
      source: string;
      sha256: string;
    };
  };
}

interface EncodedWeights {
  structural: string;
  embedding: string;
}

interface EncodedModel {
  /** Comma-separated. */
  names: string;
  ability: number;
  rows: number;
  cells: { [cell: string]: { rows: number; offset: number } };
  head?: EncodedWeights | undefined;
  /** Bytes, deflated, in base64. */
  near?: string | undefined;
}

/** Grows when older code could misread the file. */
const artefactFormat = 3;

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
    embedding: {
      dimensions: parameters.embedding.dimensions,
      rows: pack(parameters.embedding.rows),
      scale: encodeFloats(parameters.embedding.scale),
      rarity: pack(parameters.embedding.rarity),
      prototypes: pack(parameters.prototypes.rows),
      usual: encodeFloats(parameters.prototypes.usual),
    },
    scale: parameters.scale,
    pooled: encodeBlocks(parameters.pooled),
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
  const embedding = decodeEmbedding(body.embedding);
  const { dimensions } = embedding;
  const models = new Map<string, ModelParameters>();
  for (const [name, encoded] of Object.entries(body.models)) {
    const model = decodeModel(encoded, dimensions);
    models.set(modelKey(name), model);
    for (const other of model.names) if (!models.has(other)) models.set(other, model);
  }
  return {
    id,
    mean: decodeFloats(body.features.mean, structuralIds.length),
    deviation: decodeFloats(body.features.deviation, structuralIds.length),
    embedding,
    prototypes: decodePrototypes(body.embedding),
    pooled: decodeBlocks(body.pooled, dimensions),
    scale: body.scale,
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
    ...(model.head === undefined ? {} : { head: encodeWeights(model.head), near: pack(model.near) }),
  };
}

function decodeModel(encoded: EncodedModel, dimensions: number): ModelParameters {
  return {
    names: encoded.names.split(','),
    ability: encoded.ability,
    rows: encoded.rows,
    cells: new Map(Object.entries(encoded.cells) as [CellKey, { rows: number; offset: number }][]),
    head: encoded.head === undefined ? undefined : decodeWeights(encoded.head, dimensions),
    near:
      encoded.near === undefined
        ? new Uint8Array(0)
        : Uint8Array.from(unpack(encoded.near, prototypeBytesMax), (value) => value & 255),
  };
}

const rounded = (value: number) => Math.round(value * 1e5) / 1e5;

function encodeBlocks(blocks: Weights[]): { [power: string]: EncodedWeights } {
  return Object.fromEntries(blocks.map((weights, power) => [String(power), encodeWeights(weights)]));
}

function decodeBlocks(blocks: { [power: string]: EncodedWeights }, dimensions: number): Weights[] {
  return Object.keys(blocks)
    .sort()
    .map((power) => decodeWeights(blocks[power]!, dimensions));
}

function encodeWeights({ structural, embedding }: Weights): EncodedWeights {
  return {
    structural: encodeFloats(structural),
    embedding: encodeFloats(embedding),
  };
}

function decodeWeights({ structural, embedding }: EncodedWeights, dimensions: number): Weights {
  return {
    structural: decodeFloats(structural, structuralIds.length + 1),
    embedding: decodeFloats(embedding, dimensions),
  };
}

const dimensionsMax = 256;
const prototypeBytesMax = 1 << 20;

function decodeEmbedding(encoded: Artefact['embedding']): EmbeddingTable {
  const { dimensions } = encoded;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax) {
    throw new ArtefactError('The artefact is damaged: its embedding has no usable number of dimensions.');
  }
  const rows = unpack(encoded.rows, bucketsMax * dimensions);
  if (rows.length !== bucketsMax * dimensions) {
    throw new ArtefactError('The artefact is damaged: the table of its embedding has the wrong size.');
  }
  const rarity = Uint8Array.from(unpack(encoded.rarity, bucketsMax));
  return {
    dimensions,
    rows,
    scale: decodeFloats(encoded.scale, dimensions),
    rarity,
  };
}

function decodePrototypes({ dimensions, prototypes, usual }: Artefact['embedding']): Prototypes {
  const rows = unpack(prototypes, prototypeBytesMax);
  return {
    dimensions,
    rows,
    usual: decodeFloats(usual, (usualWidth * rows.length) / dimensions),
  };
}

function pack(steps: Int8Array | Uint8Array): string {
  return deflateRawSync(Buffer.from(steps.buffer, steps.byteOffset, steps.length), { level: 9 }).toString(
    'base64',
  );
}

function unpack(text: string, bytesMax: number): Int8Array {
  const bytes = inflateRawSync(Buffer.from(text, 'base64'), {
    maxOutputLength: bytesMax,
  });
  // A copy of its own: small buffers share memory.
  return Int8Array.from(bytes);
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
