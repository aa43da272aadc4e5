import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DialectName } from '../../src/protocol/index.ts';
import { type FakeScript, type FakeUpstream, startFakeUpstream } from '../../test/support/fake-upstream.ts';
import { startYumen, type TestGateway } from '../../test/support/start-yumen.ts';
import { startWatch, type Watch } from './watch.ts';

/** One upstream, the gateway before it, and a watch on what a client sends it. */
export interface Stage {
  upstream: FakeUpstream;
  gateway: TestGateway;
  watch: Watch;
  model: string;
  /** Empty folders for the client. */
  home: string;
  work: string;
  close(): Promise<void>;
}

/** Who plays each dialect: models that think, so that thoughts have to make the round as well. */
const players: { [dialect in DialectName]: { model: string; provider: string; name?: string } } = {
  'openai-chat': { model: 'deepseek-v4-pro', provider: 'vendor: deepseek' },
  'openai-responses': { model: 'gpt-5.5', provider: 'vendor: openai, dialect: openai-responses' },
  'anthropic-messages': { model: 'claude-sonnet-5-5', provider: 'vendor: anthropic' },
  gemini: { model: 'gemini-3.1-pro-preview', provider: 'vendor: gemini' },
  'bedrock-converse': {
    model: 'claude-haiku-4-5',
    provider: 'vendor: bedrock, region: us-east-1',
    name: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  },
};

/** The only key that the upstreams take. */
export const upstreamKey = 'sk-campaign-upstream';

export const upstreamDialects = Object.keys(players) as DialectName[];

/** Starts everything anew, so that no run knows of another. */
export async function startStage(dialect: DialectName, script: FakeScript): Promise<Stage> {
  const { model, provider, name } = players[dialect];
  const upstream = await startFakeUpstream({ dialect, script, apiKey: upstreamKey });
  const address = dialect === 'bedrock-converse' ? upstream.origin : upstream.baseUrl;
  const gateway = await startYumen(`
providers:
  - { id: ${dialect}, ${provider}, api_key: ${upstreamKey}, base_url: "${address}" }
${name === undefined ? '' : `deployments:\n  - { provider: ${dialect}, model: ${model}, name: "${name}" }`}
`);
  const watch = await startWatch(gateway.url);
  const folder = mkdtempSync(join(tmpdir(), 'yumen-cli-'));
  const [home, work] = [join(folder, 'home'), join(folder, 'work')];
  mkdirSync(home);
  mkdirSync(work);
  return {
    upstream,
    gateway,
    watch,
    model: `${dialect}/${model}`,
    home,
    work,
    async close() {
      await watch.close();
      await gateway.close();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
