import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { ReportData } from './report-data.ts';

/** A report with what proves that it is as it was made. */
export interface SignedReport {
  data: ReportData;
  /** Ed25519, SPKI in PEM. */
  publicKey: string;
  /** Of the canonical JSON of `data`, in base64. */
  signature: string;
}

/** Ed25519 over the canonical JSON (RFC 8032; keys sorted, no white space, as RFC 8785 for documents without exotic numbers). */
export function signReport(data: ReportData, privateKey: KeyObject): SignedReport {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const signature = sign(null, Buffer.from(canonicalJson(data)), privateKey).toString('base64');
  return { data, publicKey, signature };
}

/**
 * @param publicKey whose signature it has to be, PEM; without it only that it is the key's in the report
 * @returns false also where the key or the signature is none
 */
export function isSigned({ data, publicKey: own, signature }: SignedReport, publicKey = own): boolean {
  try {
    const bytes = Buffer.from(canonicalJson(data));
    return verify(null, bytes, createPublicKey(publicKey), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** How people compare keys: SHA-256 of the key's DER, in hexadecimal groups of four. Throws where it is no public key. */
export function fingerprintOf(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(der).digest('hex').slice(0, 32);
  return digest.match(/.{4}/g)!.join(' ');
}

/** The same document always as the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
}
