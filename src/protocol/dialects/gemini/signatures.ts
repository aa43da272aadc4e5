import { bindSignature, boundSignature } from '../signatures.ts';

/*
 * `thoughtSignature` is of type bytes, so whatever stands there must be base64: clients decode it and write it again, some in the
 * URL-safe alphabet. What another vendor signed or encrypted is therefore packed as bytes behind one of these words, whose length
 * keeps the base64 whole. The client sends the part back unchanged, and each finds its way home.
 */
const foreignSignature = Buffer.from('yumen-signed').toString('base64');
const foreignRedacted = Buffer.from('yumen-redact').toString('base64');

/**
 * Models since Gemini 3 refuse a step whose first function call has no signature. For calls of other models the documentation
 * (ai.google.dev/gemini-api/docs/thought-signatures) names two values that are let through; this is the second, as base64.
 */
const letThrough = ['context_engineering_is_the_way_to_go', 'skip_thought_signature_validator'];
export const unsignedCall = Buffer.from('skip_thought_signature_validator').toString('base64');

type Seal = { kind: 'signature'; signature: string } | { kind: 'redacted'; data: string };

/** What stands in `thoughtSignature`; undefined where nobody signed. The signature of a Gemini model is bound to this dialect. */
export function readSeal(value: string): Seal | undefined {
  if (value.startsWith(foreignSignature)) {
    return { kind: 'signature', signature: unpacked(value.slice(foreignSignature.length)) };
  }
  if (value.startsWith(foreignRedacted)) {
    return { kind: 'redacted', data: unpacked(value.slice(foreignRedacted.length)) };
  }
  if (letThrough.includes(value) || letThrough.includes(unpacked(value))) return undefined;
  return { kind: 'signature', signature: bindSignature('gemini', value) };
}

/** For a client of this dialect: any signature, so that it comes back. */
export function writeSignature(signature: string): string {
  return ownSignature(signature) ?? foreignSignature + packed(signature);
}

export function writeRedacted(data: string): string {
  return foreignRedacted + packed(data);
}

/** For an upstream of this dialect: undefined for a signature that it would refuse. */
export function ownSignature(signature: string): string | undefined {
  return boundSignature('gemini', signature);
}

/** True for what only we can read. */
export function isForeign(value: unknown): value is string {
  return (
    typeof value === 'string' && (value.startsWith(foreignSignature) || value.startsWith(foreignRedacted))
  );
}

/** Whether such a value may stand in these bytes of JSON. */
export function mayHoldForeign(bytes: Uint8Array): boolean {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return body.includes(foreignSignature) || body.includes(foreignRedacted);
}

function packed(value: string): string {
  return Buffer.from(value).toString('base64');
}

/** Takes both alphabets. */
function unpacked(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}
