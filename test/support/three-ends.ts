import { type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';

/** A cheap model, the reference and a judge, each at an upstream of its own. */
export interface ThreeEnds {
  cheap: FakeUpstream;
  dear: FakeUpstream;
  judge: FakeUpstream;
  /** Providers and deployments of a configuration. */
  head: string;
  close(): Promise<void>;
}

/** All say the same, to begin with. */
export async function startThreeEnds(text: string): Promise<ThreeEnds> {
  const start = () => startFakeUpstream({ dialect: 'openai-chat', script: { text } });
  const [cheap, dear, judge] = await Promise.all([start(), start(), start()]);
  return {
    cheap,
    dear,
    judge,
    head: `
providers:
  - { id: cheap, vendor: openai-compatible, base_url: "${cheap.baseUrl}" }
  - { id: dear, vendor: openai-compatible, base_url: "${dear.baseUrl}" }
  - { id: judge, vendor: openai-compatible, base_url: "${judge.baseUrl}" }
deployments:
  - { model: qwen2.5-72b-instruct, provider: cheap, price: { input: 0.1, output: 0.2 } }
  - { model: gpt-4o, provider: dear, price: { input: 10, output: 40 } }
  - { model: claude-sonnet-4, provider: judge, price: { input: 1, output: 1 } }
`,
    async close() {
      await Promise.all([cheap, dear, judge].map((one) => one.close()));
    },
  };
}

/** What a judge says who knows the good answer, wherever it stands. */
export function verdictFor(good: string, body: unknown): string {
  const text = JSON.stringify(body);
  const isGood = (name: string) =>
    text.slice(text.indexOf(`<${name}-`), text.indexOf(`</${name}-`)).includes(good);
  if (isGood('first') === isGood('second')) return 'TIE';
  return isGood('first') ? 'FIRST' : 'SECOND';
}

const words = ['river', 'stone', 'harbour', 'winter', 'lantern', 'orchard', 'paper', 'silver'];

/** A question that differs from all others, by its number. */
export const questionOf = (number: number, more = ''): string =>
  `Where does the ${words[number % 8]} ${words[(number * 5 + 3) % 8]}${more} number ${number} stand?`;
