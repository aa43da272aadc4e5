import { readFile } from 'node:fs/promises';
import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';
import type { Clock } from '../../std/index.ts';
import type { RequestSigner } from './request-signer.ts';

export interface GoogleSigning {
  /** The key file of a service account, or that of a user; absent = the application default credentials. */
  credentialsFile?: string | undefined;
  clock: Pick<Clock, 'nowMs'>;
  /** How Google's endpoints are called; absent = over the network. */
  fetch?: typeof fetch | undefined;
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';

/** A token is replaced when it has less than this to live. */
const marginMs = 60_000;
/** Assumed where no lifetime is told. */
const unknownLifetimeMs = 5 * 60_000;
/** Bound of one call to Google, and of a whole refresh with its repeats. */
const callMsMax = 10_000;
const refreshMsMax = 25_000;

const refusal = 'The gateway has no valid Google credentials; the operator must correct them.';

interface Token {
  value: string;
  expiresAtMs: number;
}

/**
 * Sends Google's access tokens. Nothing is read and nobody is called before the first request; a token is kept until a minute
 * before it expires, and requests that meet without one wait for the same refresh. The file is read at each refresh, so that a key that
 * was replaced is found.
 */
export function createGoogleSigner(options: GoogleSigning): RequestSigner {
  let token: Token | undefined;
  let refresh: Promise<Token> | undefined;

  async function current(): Promise<Token> {
    if (token !== undefined && token.expiresAtMs - marginMs > options.clock.nowMs()) return token;
    refresh ??= fetchToken(options).finally(() => {
      refresh = undefined;
    });
    token = await refresh;
    return token;
  }

  return {
    async sign() {
      return { authorization: `Bearer ${(await current()).value}` };
    },
  };
}

async function fetchToken(options: GoogleSigning): Promise<Token> {
  const file = options.credentialsFile;
  const credentials = file === undefined ? undefined : await readCredentials(file);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const late = Object.assign(new Error(`no token came within ${refreshMsMax} ms`), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(late), refreshMsMax);
  });
  try {
    return await Promise.race([requestToken(options, credentials), tooLate]);
  } catch (thrown) {
    throw explained(thrown, file);
  } finally {
    clearTimeout(timer);
  }
}

async function requestToken(options: GoogleSigning, credentials: JsonObject | undefined): Promise<Token> {
  // Loaded when it is needed: most installations never are.
  const { GoogleAuth, JWT, UserRefreshClient } = await import('google-auth-library');
  const transporterOptions = {
    timeout: callMsMax,
    ...(options.fetch === undefined ? {} : { fetchImplementation: options.fetch }),
  };
  const word = (name: string): string => String(credentials?.[name] ?? '');
  const clientOf = () => {
    switch (credentials?.['type']) {
      case undefined:
        return new GoogleAuth({ scopes: [scope], clientOptions: { transporterOptions } }).getClient();
      case 'service_account':
        return new JWT({
          email: word('client_email'),
          key: word('private_key'),
          keyId: word('private_key_id'),
          scopes: [scope],
          transporterOptions,
        });
      case 'authorized_user':
        return new UserRefreshClient({
          clientId: word('client_id'),
          clientSecret: word('client_secret'),
          refreshToken: word('refresh_token'),
          transporterOptions,
        });
      default:
        // Files of these types name addresses to call and programs to run; the library takes them from the environment only.
        throw refused(
          `credentials_file has the type ${word('type').slice(0, 60)}: leave it out and set GOOGLE_APPLICATION_CREDENTIALS to the file`,
        );
    }
  };
  const client = await clientOf();
  const { token } = await client.getAccessToken();
  if (typeof token !== 'string' || token === '') throw new Error('the answer held no token');
  const expiresAtMs = client.credentials.expiry_date ?? options.clock.nowMs() + unknownLifetimeMs;
  return { value: token, expiresAtMs };
}

/** What stands in the file is a secret, so a parser's own message, which may quote it, is not passed on. */
async function readCredentials(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    throw refused(
      `the credentials file ${file} cannot be read (${String(code)}): give the path of an existing file`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value) || typeof value['type'] !== 'string') {
    throw refused(
      `the credentials file ${file} is not one of Google's: it must be the JSON file that Google Cloud made, with a "type"`,
    );
  }
  return value;
}

function refused(detail: string): GatewayError {
  return new GatewayError('upstream_auth', refusal, { detail });
}

/** Google's refusals are the operator's to correct; where nobody answered, trying again may help. */
function explained(thrown: unknown, file: string | undefined): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { message, status } = factsOf(thrown);
  if (status !== undefined && status >= 400 && status < 500) {
    return refused(
      `Google refused the credentials (${status}: ${message}): check that the key exists, that its account may use the API, and that this machine's clock is right`,
    );
  }
  const isAbsent = file === undefined && /default credentials/i.test(message);
  if (isAbsent) {
    return refused(
      'there are no application default credentials: give credentials_file, set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`',
    );
  }
  if (status === undefined && !isNetworkFailure(thrown)) {
    return refused(
      `the credentials cannot be used (${message}): give the whole JSON file that Google Cloud made`,
    );
  }
  return new GatewayError('upstream_unavailable', 'Google’s token service could not be reached.', {
    detail: `no access token: ${message}`,
  });
}

function factsOf(thrown: unknown): { message: string; status: number | undefined } {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 300);
  const response = isObject(thrown) ? thrown['response'] : undefined;
  const status = isObject(response) ? response['status'] : undefined;
  return { message, status: typeof status === 'number' ? status : undefined };
}

function isNetworkFailure(thrown: unknown): boolean {
  // Errors of the HTTP client carry what was asked; those of key parsing do not.
  return isObject(thrown) && (thrown['config'] !== undefined || thrown['code'] === 'ETIMEDOUT');
}
