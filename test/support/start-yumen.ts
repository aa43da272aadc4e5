import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, startGateway } from '../../src/server/index.ts';

export interface TestGateway {
  url: string;
  /** An admin key. */
  key: string;
  folder: string;
  /** GET of the admin API, as JSON. */
  api(path: string, init?: RequestInit): Promise<{ status: number; body: Json }>;
  /** POST of a JSON body to the request path. */
  post(path: string, body: unknown, headers?: { [name: string]: string }): Promise<Response>;
  /** Ends the gateway and leaves its folder, for a second start. */
  stop(lameDuckMs?: number): Promise<void>;
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads documents whose shape it asserts.
export type Json = any;

export const testKey = 'test-admin-key-0123456789abcdef';

/** Starts the real gateway in this process, on a free port, with its data in a folder of its own. Without a config the sandbox answers, at once. */
export async function startYumen(config?: string, folder = newFolder()): Promise<TestGateway> {
  const configPath = config === undefined ? undefined : join(folder, 'yumen.yaml');
  if (configPath !== undefined) writeFileSync(configPath, config ?? '');
  const running = await startGateway({
    configPath,
    environment: { YUMEN_ADMIN_KEY: testKey },
    dataFolder: join(folder, 'data'),
    probeEngines: false,
    sandboxSpeed: Number.POSITIVE_INFINITY,
    log: createLog(process.env['YUMEN_TEST_LOG'] ?? 'silent'),
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0-test',
    drainMs: 500,
  });
  const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  return {
    url: running.url,
    key: testKey,
    folder,
    async api(path, init = {}) {
      const response = await fetch(`${running.url}${path}`, {
        ...init,
        headers: { ...headers, ...init.headers },
      });
      return { status: response.status, body: await response.json() };
    },
    post: (path, body, extra = {}) =>
      fetch(`${running.url}${path}`, {
        method: 'POST',
        headers: { ...headers, ...extra },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    stop: (lameDuckMs) => running.close(lameDuckMs),
    async close() {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'yumen-test-'));
}

/** A configuration with one upstream of each dialect and a route over both. */
export function twoUpstreams(
  openai: { baseUrl: string },
  anthropic: { baseUrl: string },
  extra = '',
): string {
  return `
providers:
  - { id: openai, vendor: openai, api_key: sk-upstream-openai, base_url: "${openai.baseUrl}" }
  - { id: anthropic, vendor: anthropic, api_key: sk-upstream-anthropic, base_url: "${anthropic.baseUrl}" }
routes:
  auto:
    reference: openai/gpt-4o
    candidates: [openai/gpt-4o, openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    target: { quality: 0.95 }
    mode: assist
${extra}`;
}
