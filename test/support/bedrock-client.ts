import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

/** The parts of the SDK's request that a handler needs. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  headers: { [name: string]: string };
  body?: unknown;
}

interface SdkOptions {
  abortSignal?: AbortSignal | undefined;
}

/** AWS's own client with a Bedrock API key, over HTTP/1: the handler it brings speaks only HTTP/2 here. */
export function bedrockClient(
  origin: string,
  apiKey = 'k',
  { fetch = globalThis.fetch, attempts = 1 } = {},
): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: origin,
    token: { token: apiKey },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: attempts,
    requestHandler: {
      handle: (request: SdkRequest, options: SdkOptions) => overHttp1(request, options, fetch),
    } as never,
  });
}

async function overHttp1(
  request: SdkRequest,
  { abortSignal }: SdkOptions,
  fetch: typeof globalThis.fetch,
): Promise<unknown> {
  const port = request.port === undefined ? '' : `:${request.port}`;
  const { host: _, 'content-length': __, ...headers } = request.headers;
  const response = await fetch(`${request.protocol}//${request.hostname}${port}${request.path}`, {
    method: request.method,
    headers,
    ...(abortSignal === undefined ? {} : { signal: abortSignal }),
    ...(request.body === undefined ? {} : { body: request.body as string }),
  });
  return {
    response: {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: Readable.fromWeb((response.body ?? new ReadableStream()) as WebStream),
    },
  };
}
