/**
 * What one whole decision costs, from the parsed request to the explained plan, for eight candidates: time by language, length and with votes
 * weighed, and the size of the artefact. With `--memory`, what a million decisions leave behind. `npm run bench:decide -- [--memory]`
 */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SessionMemory } from '../src/gateway/index.ts';
import { noUsage } from '../src/protocol/index.ts';
import {
  type DecideInput,
  decide,
  lengthLimit,
  lengthQuestion,
  loadShippedPredictor,
  OutputLengths,
  readRequest,
  UpgradeCap,
} from '../src/router/index.ts';
import { candidate, chat, rates, system } from '../test/router/fixtures.ts';

const { values: flags } = parseArgs({ options: { memory: { type: 'boolean', default: false } } });

const goals = { p50Us: 100, p99Us: 1_000, chars: 4_000, artefactBytes: 5_000_000, grownBytes: 2_000_000 };
const warmRounds = 2_000;
/** Each figure is the median of so many rounds, taken in turn so that a busy second does not fall on one of them alone. */
const rounds = 7;
const decisionsPerRound = 1_500;

const words =
  'the quarterly report compares revenue between regions and explains why margins fell in the third quarter although volume grew by 12 percent, which the board asked to understand before it decides on prices for 2027. '.split(
    ' ',
  );
const characters =
  '本季度的报告比较了各地区的收入，并解释了为什么在销量增长百分之十二的情况下利润率仍然下降，董事会希望在决定价格之前了解原因。';

const texts = {
  English: (chars: number, seed: number) => {
    let text = 'Compare these figures and explain the cause.';
    for (let i = seed; text.length < chars; i++) text += ` ${words[(i * 7 + (i >> 3)) % words.length]}`;
    return text.slice(0, chars);
  },
  Chinese: (chars: number, seed: number) => {
    let text = '请比较这些数字并解释原因。';
    for (let i = seed; text.length < chars; i++) text += characters[(i * 11 + (i >> 4)) % characters.length];
    return text.slice(0, chars);
  },
};

const predictor = loadShippedPredictor();
// The first four are known by outcomes, the others by their scores.
const names = ['gpt-4o', 'gpt-4o-mini', 'llama-3.1-70b-instruct', 'qwen2.5-7b-instruct'];
const candidates = Array.from({ length: 8 }, (_, i) => ({
  candidate: candidate({ id: names[i] ?? `bench-model-${i}`, mmlu: 88 - 2 * i }),
  rates: rates(2.5 / (i + 1), 10 / (i + 1)),
}));

if (flags.memory) measureMemory();
else measureTime();

function inputOf(ask: string, keyId: string, more: Partial<DecideInput>): DecideInput {
  return {
    id: 'dec_bench',
    nowMs: 0,
    route: 'auto',
    mode: 'assist',
    target: { kind: 'quality', value: 0.98 },
    reading: readRequest(chat([system('You are a helpful analyst.'), ask]), { keyId }),
    reference: candidates[0]!.candidate,
    candidates,
    excluded: [],
    ...more,
  };
}

function measureTime(): void {
  const cases = [200, 1_000, 4_000, 20_000].flatMap((chars) =>
    Object.entries(texts).flatMap(([language, textOf]) =>
      [false, true].map((votes) => {
        const request = chat([system('You are a helpful analyst.'), textOf(chars, 0)]);
        const more: Partial<DecideInput> = votes
          ? { cascade: { checks: true, votes: true }, comparison: 'number' }
          : {};
        const once = () => {
          const reading = readRequest(request, { keyId: 'key_bench' });
          return decide({ ...inputs, reading, ...more }, predictor);
        };
        return { language, chars, votes, once, rounds: [] as Times[] };
      }),
    ),
  );
  const inputs = inputOf('', 'key_bench', {});
  for (const { once } of cases) for (let i = 0; i < warmRounds; i++) once();
  for (let round = 0; round < rounds; round++) for (const one of cases) one.rounds.push(timed(one.once));

  console.log(
    `Whole decisions, ${candidates.length} candidates, ${decisionsPerRound} each, medians of ${rounds} rounds, µs`,
  );
  for (const { language, chars, votes, rounds: found } of cases) {
    const figures = `p50 ${us(median(found.map(({ p50 }) => p50)))}   p99 ${us(median(found.map(({ p99 }) => p99)))}   quietest round p50 ${us(Math.min(...found.map(({ p50 }) => p50)))} p99 ${us(Math.min(...found.map(({ p99 }) => p99)))}   max ${us(Math.max(...found.map(({ max }) => max)))}`;
    console.log(
      `${language} ${String(chars).padStart(6)} characters${votes ? ', votes' : '       '}   ${figures}`,
    );
  }
  const bytes = statSync(new URL('../src/router/artefact/default.json', import.meta.url)).size;
  console.log(`artefact ${(bytes / 1e6).toFixed(2)} MB`);
  const told = cases.filter(({ chars, votes }) => chars === goals.chars && !votes);
  const met = {
    [`p50 below ${goals.p50Us} µs at ${goals.chars} characters`]: told.every(
      ({ rounds: found }) => median(found.map(({ p50 }) => p50)) < goals.p50Us,
    ),
    // One preemption in a hundred decisions is a p99 of a time slice, and says nothing about the decision.
    [`p99 below ${goals.p99Us} µs there, in the quietest round`]: told.every(
      ({ rounds: found }) => Math.min(...found.map(({ p99 }) => p99)) < goals.p99Us,
    ),
    [`artefact below ${goals.artefactBytes / 1e6} MB`]: bytes < goals.artefactBytes,
  };
  printGoals(met);
}

/** µs. */
interface Times {
  p50: number;
  p99: number;
  max: number;
}

function timed(once: () => unknown): Times {
  const times = new Float64Array(decisionsPerRound);
  for (let i = 0; i < times.length; i++) {
    const start = performance.now();
    once();
    times[i] = 1000 * (performance.now() - start);
  }
  times.sort();
  const at = (level: number) => times[Math.floor(level * times.length)]!;
  return { p50: at(0.5), p99: at(0.99), max: times.at(-1)! };
}

/** Decisions with all that is remembered of them: conversations, answer lengths, what keys took. Each bound is reached before the second reading. */
function measureMemory(): void {
  const total = 1_000_000;
  const step = 100_000;
  const keys = 20_000;
  const prompts = 500;
  const collect = collector();
  const sessions = new SessionMemory();
  const lengths = new OutputLengths();
  const cap = new UpgradeCap();
  const asks = Array.from({ length: prompts }, (_, i) =>
    (i % 5 === 0 ? texts.Chinese : texts.English)(60 + ((i * 97) % 1500), i),
  );
  const startedMs = performance.now();
  const heap: number[] = [];
  for (let done = 0; done <= total; done++) {
    if (done % step === 0) {
      collect();
      const { heapUsed, rss, external } = process.memoryUsage();
      heap.push(heapUsed + external);
      console.log(
        `${String(done).padStart(9)} decisions   heap ${mb(heapUsed)}   external ${mb(external)}   resident ${mb(rss)}   ${sessions.size} conversations   ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
      );
    }
    decideAndRemember(done);
  }
  // From the second reading on every memory is full; the first contains code that is compiled on the way.
  const grown = heap.at(-1)! - heap[1]!;
  console.log(`grown from the second reading to the last: ${mb(grown)}`);
  printGoals({ [`grown by less than ${mb(goals.grownBytes)}`]: grown < goals.grownBytes });

  function decideAndRemember(i: number): void {
    const nowMs = i * 40;
    const keyId = `key_${i % keys}`;
    const input = inputOf(asks[(i * 7) % prompts]!, keyId, { nowMs });
    const { shape } = input.reading;
    const priced = candidates.map((one) => ({
      ...one,
      expectedOutputTokens: lengths.expected(
        lengthQuestion(one.candidate, shape),
        lengthLimit(one.candidate, shape),
      ),
    }));
    const decision = decide(
      { ...input, candidates: priced, session: sessions.stateOf(shape, nowMs) },
      predictor,
    );
    const chosen = candidates.find((one) => one.candidate.id === decision.plan[0])!.candidate;
    const { deployment } = chosen;
    const usage = { ...noUsage, inputTokens: shape.inputTokensEstimate, outputTokens: 50 + (i % 900) };
    const cache = deployment.provider.quirks.promptCache;
    sessions.served(shape, { candidate: chosen.id, deployment: deployment.id, usage, cache }, nowMs);
    lengths.observe({ ...lengthQuestion(chosen, shape), tokens: usage.outputTokens, whole: i % 10 !== 0 });
    const options = decision.candidates.flatMap(({ candidate: id, cost }) =>
      cost === undefined ? [] : [{ id, costNano: cost.totalNano }],
    );
    cap.note(keyId, { chosen: chosen.id, options }, nowMs);
  }
}

/** The collector, without a flag on the command line. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function printGoals(met: { [goal: string]: boolean }): void {
  for (const [goal, isMet] of Object.entries(met)) console.log(`${goal}: ${isMet ? 'met' : 'missed'}`);
  if (Object.values(met).includes(false)) process.exitCode = 1;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function us(value: number): string {
  return value.toFixed(0).padStart(6);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
