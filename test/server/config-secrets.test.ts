import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadShippedPredictor } from '../../src/router/index.ts';
import { buildSnapshot, ConfigError, findSetup } from '../../src/server/index.ts';

const secret = 'sk-Proj.(Canary)+[1]';

/** A good configuration with the secret where it does not belong. */
const misplaced: { [field: string]: string } = {
  vendor: 'providers: [{ id: a, vendor: "${SECRET}" }]',
  id: 'providers: [{ id: "${SECRET}", vendor: sandbox }]',
  region: 'providers: [{ id: a, vendor: dashscope, api_key: k, region: "${SECRET}" }]',
  base_url: 'providers: [{ id: a, vendor: vllm, base_url: "${SECRET}" }]',
  'base_url with credentials': 'providers: [{ id: a, vendor: vllm, base_url: "http://u:${SECRET}@host/" }]',
  'deployment of an absent provider':
    'providers: [{ id: s, vendor: sandbox }]\ndeployments: [{ model: m, provider: "x-${SECRET}" }]',
  'deployment’s model':
    'providers: [{ id: s, vendor: sandbox }]\ndeployments: [{ model: "a b ${SECRET}", provider: s }]',
  reference:
    'providers: [{ id: s, vendor: sandbox }]\nroutes: { r: { reference: "${SECRET}", candidates: [sandbox/mini-open] } }',
  effort:
    'providers: [{ id: s, vendor: sandbox }]\nroutes: { r: { reference: sandbox/frontier, candidates: ["sandbox/frontier#${SECRET}"] } }',
  mode: 'providers: [{ id: s, vendor: sandbox }]\nroutes: { r: { reference: sandbox/frontier, candidates: [sandbox/frontier], mode: "${SECRET}" } }',
  overlay: 'providers: [{ id: s, vendor: sandbox }]\ncatalog: { overlay: "/absent/${SECRET}" }',
  storage: 'providers: [{ id: s, vendor: sandbox }]\nstorage: { url: "${SECRET}" }',
};

for (const [field, text] of Object.entries(misplaced)) {
  test(`a secret in the wrong place is in no message: ${field}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yumen-config-'));
    const configPath = join(folder, 'yumen.yaml');
    writeFileSync(configPath, text);
    const build = async () => {
      const setup = await findSetup({ configPath, environment: { SECRET: secret }, probeEngines: false });
      buildSnapshot({ setup, predictor: loadShippedPredictor(), sandboxUrl: 'http://127.0.0.1:9/v1' });
    };
    try {
      await assert.rejects(build(), (thrown: Error) => {
        assert.ok(thrown instanceof ConfigError);
        let told = '';
        for (let error: unknown = thrown; error instanceof Error; error = error.cause)
          told += `${error.message}\n${error.stack}\n`;
        assert.equal(told.toLowerCase().includes(secret.toLowerCase()), false, told);
        return true;
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
