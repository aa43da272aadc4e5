import type { RequestFacts } from '../policy/index.ts';
import { GatewayError } from '../protocol/index.ts';
import type { ClientCall } from './call.ts';

/** What a client may ask for in `x-yumen-*` headers: each may tighten what the route does, none may loosen it. */
export interface RequestWishes {
  session: string | undefined;
  tags: string[];
  /** Quality target in 0..1; used where it is higher than the route's. */
  quality: number | undefined;
  dryRun: boolean;
  /** What the client says of the data in it. */
  data: DataClaims;
}

type DataClaims = Omit<RequestFacts, 'tags'>;

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
    data: claimsOf(headers),
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

function claimsOf(headers: ClientCall['headers']): DataClaims {
  const classes = (headers['x-yumen-data-class'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dataClasses = classes.filter((name) => name !== '');
  if (dataClasses.length > tagsMax || dataClasses.some((name) => !word.test(name)))
    throw wrongWord(
      'x-yumen-data-class',
      `at most ${tagsMax} comma-separated classes such as health,financial`,
    );
  const purpose = headers['x-yumen-purpose']?.trim().toLowerCase();
  if (purpose !== undefined && !word.test(purpose))
    throw wrongWord('x-yumen-purpose', 'one word such as production or research');
  const subjectRegion = headers['x-yumen-subject-region']?.trim().toUpperCase();
  if (subjectRegion !== undefined && !/^[A-Z]{2}$/.test(subjectRegion))
    throw wrongWord('x-yumen-subject-region', 'an ISO 3166 code of two letters, or EU');
  return { dataClasses, purpose, subjectRegion };
}

/** Small, so that a word means the same however it is written. */
const word = /^[a-z0-9][a-z0-9._-]{0,39}$/;

const wrongWord = (param: string, form: string): GatewayError =>
  new GatewayError('invalid_request', `${param} is ${form}.`, { param });

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
