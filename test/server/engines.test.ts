import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { findEngines } from '../../src/server/engines.ts';

const servers: Server[] = [];

/** A server that answers these paths with these documents, and all others with 404. */
async function serve(
  documents: { [path: string]: unknown },
  headers: { [name: string]: string } = {},
): Promise<number> {
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200, {
      'content-type': 'application/json',
      ...headers,
    });
    response.end(JSON.stringify(document ?? {}));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

function models(owner: string, ...ids: string[]): { [path: string]: unknown } {
  return { '/v1/models': { object: 'list', data: ids.map((id) => ({ id, owned_by: owner })) } };
}

after(() => {
  for (const server of servers) server.close();
});

test('findEngines() names the engine that answers, by what its answer says and not by its port', async () => {
  const vllm = await serve(models('vllm', 'Qwen/Qwen3-8B'));
  const llamacpp = await serve(models('me', 'gemma'), { server: 'llama.cpp' });
  const found = await findEngines([vllm, llamacpp]);
  assert.deepEqual(found, [
    {
      provider: { id: 'vllm', vendor: 'vllm', baseUrl: `http://127.0.0.1:${vllm}/v1` },
      models: ['Qwen/Qwen3-8B'],
    },
    {
      provider: { id: 'llamacpp', vendor: 'llamacpp', baseUrl: `http://127.0.0.1:${llamacpp}/v1` },
      models: ['gemma'],
    },
  ]);
});

test('findEngines() leaves alone what is no engine, says nothing of models, or is not there', async () => {
  const proxy = await serve(models('openai', 'gpt-4o'));
  const empty = await serve(models('vllm'));
  const other = await serve({ '/': 'a page' });
  const gone = await serve({});
  await new Promise((closed) => servers.pop()!.close(closed));
  assert.deepEqual(await findEngines([proxy, empty, other, gone]), []);
});

test('findEngines() tells two servers of one engine apart', async () => {
  const first = await serve(models('sglang', 'a'));
  const second = await serve(models('sglang', 'b'));
  const found = await findEngines([first, second]);
  assert.deepEqual(
    found.map(({ provider }) => provider.id),
    ['sglang', `sglang-${second}`],
  );
});
