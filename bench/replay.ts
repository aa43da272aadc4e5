/**
 * What it costs to keep the inputs of decisions, with models of the shipped catalogue: bytes in the record, time to take and to write them, time to make a
 * decision again. `npm run bench:replay`
 */
import { type Catalog, createCatalog } from '../src/catalog/index.ts';
import { clientDialects } from '../src/protocol/index.ts';
import { createProvider } from '../src/providers/index.ts';
import {
  type DecideInput,
  decide,
  inputsOf,
  loadShippedPredictor,
  readRequest,
  replay,
} from '../src/router/index.ts';

const warmRounds = 2_000;
const rounds = 10_000;
const goalBytes = 4_096;

const models = [
  'gpt-4o',
  'gpt-4o-mini',
  'claude-3-5-sonnet-20241022',
  'deepseek-v3',
  'qwen2.5-72b-instruct',
  'llama-3.1-8b-instruct',
  'gemini-2.0-flash',
  'mistral-small-3.1-24b-instruct',
];
const predictor = loadShippedPredictor();
const catalog = catalogue();

let worstBytes = 0;
for (const count of [2, 4, 8]) {
  for (const conversation of [false, true]) {
    const input = inputOf(count, conversation);
    const ask = predictor.read(input.reading.vector);
    const decision = decide(input, predictor);
    const inputs = inputsOf(input, ask)!;
    const text = JSON.stringify(inputs);
    const decisionBytes = Buffer.byteLength(JSON.stringify(decision));
    const kept = JSON.parse(text) as typeof inputs;
    const own = { predictor, readsWording: true };
    if (replay(decision, kept, own)?.differences.length !== 0) throw new Error('a replay differs');
    const bytes = Buffer.byteLength(text);
    worstBytes = Math.max(worstBytes, bytes);
    const takeUs = timed(() => inputsOf(input, ask));
    const writeUs = timed(() => JSON.stringify(inputs));
    const decideUs = timed(() => decide(input, predictor));
    const replayUs = timed(() => replay(decision, kept, own));
    console.log(
      `${count} candidates, ${conversation ? 'within a conversation' : 'a first turn       '}: inputs ${bytes} bytes beside ${decisionBytes} of the decision; take ${takeUs} + write ${writeUs} µs beside ${decideUs} to decide; replay ${replayUs} µs`,
    );
  }
}
console.log(`goal: inputs below ${goalBytes} bytes: ${worstBytes < goalBytes ? 'met' : 'missed'}`);
if (worstBytes >= goalBytes) process.exitCode = 1;

/** Median, in µs. */
function timed(work: () => unknown): string {
  for (let i = 0; i < warmRounds; i++) work();
  const times = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) {
    const start = process.hrtime.bigint();
    work();
    times[i] = Number(process.hrtime.bigint() - start) / 1000;
  }
  return times.sort()[rounds >> 1]!.toFixed(1);
}

function catalogue(): Catalog {
  const provider = createProvider({ id: 'p', vendor: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' });
  return createCatalog({
    providers: [provider],
    deployments: models.map((model) => ({ model, provider: 'p' })),
  });
}

function inputOf(count: number, conversation: boolean): DecideInput {
  const candidates = models.slice(0, count).flatMap((model) => catalog.candidates(`p/${model}`));
  const content = 'Compare these figures and explain why margins fell in the third quarter. '.repeat(20);
  const body = { model: 'auto', messages: [{ role: 'user', content }] };
  const request = clientDialects['openai-chat'].decodeRequest(
    body,
    new TextEncoder().encode(JSON.stringify(body)),
  );
  const warm = candidates
    .slice(0, 3)
    .map(({ deployment }) => ({ deployment: deployment.id, tokens: 4321, atMs: 1_800_000_000_123 }));
  const [first] = candidates;
  return {
    id: 'dec_1',
    nowMs: 1_800_000_010_456,
    route: 'auto',
    mode: 'assist',
    target: { kind: 'quality', value: 0.98 },
    reading: readRequest(request, { keyId: 'key', sessionHeader: undefined }),
    reference: first!,
    candidates: candidates.map((candidate, i) => ({
      candidate,
      rates: { input: 2_500_000 / (i + 1), output: 10_000_000 / (i + 1), cacheRead: 1_250_000 / (i + 1) },
      expectedOutputTokens: 412.3456789 + i / 7,
    })),
    excluded: [],
    cascade: { checks: true, votes: true },
    comparison: 'text',
    ...(conversation && {
      session: {
        home: { candidate: first!.id, deployment: first!.deployment.id, userTurns: 3 },
        warm,
        calls: 4,
        gapMs: 23_456.789,
      },
    }),
  };
}
