import { GatewayError } from '../protocol/index.ts';
import type { ClientCall } from './call.ts';

/** What a client may ask for in `x-yumen-*` headers: each may tighten what the route does, none may loosen it. */
export interface RequestWishes {
  session: string | undefined;
  tags: string[];
  /** Quality target in 0..1; used where it is higher than the route's. */
  quality: number | undefined;
  dryRun: boolean;
}

const tagsMax = 20;
const tagCharsMax = 100;
const sessionCharsMax = 200;

/** Reads the wishes; throws `invalid_request` naming the header that is wrong. */
export function readWishes(headers: ClientCall['headers']): RequestWishes {
  return {
    session: sessionOf(headers),
    tags: tagsOf(headers['x-yumen-tags']),
    quality: qualityOf(headers['x-yumen-target']),
    dryRun: headers['x-yumen-dry-run'] === 'true' || headers['x-yumen-dry-run'] === '1',
  };
}

/** The client wants nothing of this request kept beyond its record. */
export function forbidsStoring(headers: ClientCall['headers']): boolean {
  return headers['x-yumen-no-store'] === 'true' || headers['x-yumen-no-store'] === '1';
}

/** Ours first, then the session headers that agents already send. */
function sessionOf(headers: ClientCall['headers']): string | undefined {
  const names = [
    'x-yumen-session',
    'x-claude-code-session-id',
    'x-session-affinity',
    'x-session-id',
    'session-id',
  ];
  for (const name of names) {
    const value = headers[name]?.trim();
    if (value !== undefined && value !== '') return value.slice(0, sessionCharsMax);
  }
  return undefined;
}

function tagsOf(header: string | undefined): string[] {
  const tags = (header ?? '').split(',').map((tag) => tag.trim());
  const given = tags.filter((tag) => tag !== '');
  if (given.length > tagsMax || given.some((tag) => tag.length > tagCharsMax)) {
    throw new GatewayError(
      'invalid_request',
      `x-yumen-tags takes at most ${tagsMax} comma-separated tags of at most ${tagCharsMax} characters.`,
      { param: 'x-yumen-tags' },
    );
  }
  return given;
}

function qualityOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const value = Number(header.replace(/^quality\s*=\s*/, ''));
  if (Number.isFinite(value) && value > 0 && value <= 1) return value;
  throw new GatewayError(
    'invalid_request',
    'x-yumen-target must be a quality between 0 and 1, e.g. «quality=0.99».',
    {
      param: 'x-yumen-target',
    },
  );
}
