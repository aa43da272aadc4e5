import { type EmbeddingTable, embed } from './embedding.ts';
import type { AskVector } from './vector.ts';

/**
 * What a prediction reads of an ask. It may be stored: from these few numbers the text cannot be made again, and in 32 bits they are the same
 * numbers when they are read back.
 */
export interface AskNumbers {
  /** Structural features in their own units; NaN marks «does not apply». */
  structural: Float32Array;
  /** Where the ask lies in the embedding, of length 1; zeros where none of its n-grams was ever seen. */
  direction: Float32Array;
  /** 0 to 1: how much of the ask the direction stands for. */
  captured: number;
}

export function numbersOf(vector: AskVector, table: EmbeddingTable): AskNumbers {
  const { direction, captured } = embed(vector.active, table);
  return { structural: new Float32Array(vector.structural), direction, captured: Math.fround(captured) };
}

/** `AskNumbers` as text: structural features, direction and the captured share, each as base64 of little-endian 32-bit floats, between dots. */
export type EncodedAsk = string;

export function encodeAsk({ structural, direction, captured }: AskNumbers): EncodedAsk {
  return [structural, direction, Float32Array.of(captured)].map(encodeFloats).join('.');
}

/** Undefined when the text is not what `encodeAsk` writes. */
export function decodeAsk(text: EncodedAsk): AskNumbers | undefined {
  const [structural, direction, captured, ...more] = text.split('.').map(decodeFloats);
  if (structural === undefined || direction === undefined || captured?.length !== 1 || more.length > 0)
    return undefined;
  return { structural, direction, captured: captured[0]! };
}

const floatBytes = 4;

function encodeFloats(values: Float32Array): string {
  const bytes = Buffer.allocUnsafe(values.length * floatBytes);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i]!, i * floatBytes);
  return bytes.toString('base64');
}

function decodeFloats(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % floatBytes !== 0) return undefined;
  return Float32Array.from({ length: bytes.length / floatBytes }, (_, i) =>
    bytes.readFloatLE(i * floatBytes),
  );
}
