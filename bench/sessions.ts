/**
 * A scripted session with warm-cache accounting: what each call was expected to cost at each candidate with a cold cache and with the cache as
 * it is, what filling a cold one is worth to later calls, and why the conversation stayed or moved. At prices of the shipped
 * catalogue; nothing is called. `npm run bench:sessions`
 */
import { createCatalog, selectPrice } from '../src/catalog/index.ts';
import { SessionMemory } from '../src/gateway/index.ts';
import { type ChatRequest, type Message, noUsage, type Part, type Usage } from '../src/protocol/index.ts';
import { createProvider } from '../src/providers/index.ts';
import {
  type CostParts,
  type DecideInput,
  type Decision,
  decide,
  lengthLimit,
  lengthQuestion,
  loadShippedPredictor,
  OutputLengths,
  readRequest,
} from '../src/router/index.ts';

const startMs = Date.UTC(2026, 10, 23, 12);
const candidateNames = ['openai/gpt-4o', 'openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5'];
const usdPerQuality = 0.05;
const systemWords = 4500;

const catalog = createCatalog({
  providers: ['anthropic', 'deepseek', 'openai'].map((vendor) =>
    createProvider({ id: vendor, vendor, apiKey: 'not-used' }),
  ),
});
const candidates = candidateNames.map((name) => {
  const [candidate] = catalog.candidates(name);
  if (candidate === undefined) throw new Error(`the catalogue has no ${name}`);
  return candidate;
});
const predictor = loadShippedPredictor();
const lengths = new OutputLengths();

interface Call {
  what: string;
  afterMs: number;
  request: ChatRequest;
  outputTokens: number;
}

const usd = (nano: number) => `$${(nano / 1e9).toFixed(5)}`;

const routed = play(true);
const reference = play(false);
console.log('the whole session, as expected:');
console.log(`  routed, caches as they are      ${usd(routed.nano)}, ${routed.switches} switches`);
console.log(`  the same calls, every cache cold ${usd(routed.coldNano)}`);
console.log(`  all at ${candidateNames[0]}, its cache warm ${usd(reference.nano)}`);

/** Plays the script, routed or all at the reference; the memory learns from each call as it does in the gateway. */
function play(isRouted: boolean): { nano: number; coldNano: number; switches: number } {
  const memory = new SessionMemory();
  const sum = { nano: 0, coldNano: 0, switches: 0 };
  let nowMs = startMs;
  let home: string | undefined;
  for (const call of script()) {
    nowMs += call.afterMs;
    const input = inputOf(call, memory, nowMs);
    const decision = decide(input, predictor);
    const chosen = isRouted ? decision.plan[0]! : candidateNames[0]!;
    const cost = costAt(input, chosen);
    sum.nano += cost.totalNano;
    sum.coldNano += costAt({ ...input, session: undefined }, chosen).totalNano;
    if (isRouted) show(call, input, decision, home);
    const { shape } = input.reading;
    if (shape.turn === 'main' || shape.turn === 'tool-result') {
      if (home !== undefined && home !== chosen) sum.switches += 1;
      home = chosen;
    }
    const { deployment } = candidates.find(({ id }) => id === chosen)!;
    const usage = usageOf(shape.inputTokensEstimate, cost.cachedInputNano > 0, call.outputTokens);
    const { promptCache: cache } = deployment.provider.quirks;
    memory.served(shape, { candidate: chosen, deployment: deployment.id, usage, cache }, nowMs);
  }
  return sum;
}

function costAt(input: DecideInput, candidate: string): CostParts {
  return everywhere(input).candidates.find((one) => one.candidate === candidate)!.cost!;
}

/** The client marks its whole prompt for caching, as coding agents do. */
function usageOf(inputTokens: number, warm: boolean, outputTokens: number): Usage {
  const cached = warm ? { cacheReadTokens: inputTokens } : { cacheWriteTokens: inputTokens };
  return { ...noUsage, inputTokens, outputTokens, ...cached };
}

function inputOf({ request }: Call, memory: SessionMemory, nowMs: number): DecideInput {
  const reading = readRequest(request, { keyId: 'key_bench', sessionHeader: 'bench' });
  const { shape } = reading;
  return {
    id: 'dec_bench',
    nowMs,
    route: 'auto',
    mode: 'assist',
    target: { kind: 'usd-per-quality', value: usdPerQuality },
    reading,
    reference: candidates[0]!,
    candidates: candidates.map((candidate) => ({
      candidate,
      rates: selectPrice(candidate.deployment.prices, {
        atMs: nowMs,
        inputTokens: shape.inputTokensEstimate,
        region: candidate.deployment.provider.region,
      }),
      expectedOutputTokens: lengths.expected(lengthQuestion(candidate, shape), lengthLimit(candidate, shape)),
    })),
    excluded: [],
    session: memory.stateOf(shape, nowMs),
    cacheMarks: true,
  };
}

/** The estimates of all candidates, also of those that a lock keeps out. */
function everywhere(input: DecideInput): Decision {
  const { shape } = input.reading;
  const open = { ...shape, openToolLoop: false, providerBoundState: false, userTurns: -1 };
  return decide({ ...input, reading: { ...input.reading, shape: open } }, predictor);
}

function show(call: Call, input: DecideInput, decision: Decision, home: string | undefined): void {
  const { shape } = input.reading;
  const pause = call.afterMs >= 60_000 ? `${call.afterMs / 60_000} min` : `${call.afterMs / 1000} s`;
  console.log(`${call.what} (${shape.turn}, after ${pause}, ${shape.inputTokensEstimate} input tokens)`);
  console.log(
    `  ${'candidate'.padEnd(30)}${'cold'.padStart(11)}${'as it is'.padStart(11)}${'later'.padStart(12)}${'compared'.padStart(11)}${'loss'.padStart(9)}`,
  );
  const cold = everywhere({ ...input, session: undefined });
  for (const { candidate, cost, switchNano, loss } of everywhere(input).candidates) {
    const coldNano = cold.candidates.find((one) => one.candidate === candidate)!.cost!.totalNano;
    const later = switchNano ?? 0;
    const figures = [usd(coldNano), usd(cost!.totalNano)].map((figure) => figure.padStart(11)).join('');
    const kept = decision.candidates.some((one) => one.candidate === candidate) ? '' : '  kept out';
    console.log(
      `  ${candidate.padEnd(30)}${figures}${(later === 0 ? '-' : `−${usd(-later)}`).padStart(12)}${usd(cost!.totalNano + later).padStart(11)}${`${(100 * loss.mean).toFixed(1)} pt`.padStart(9)}${kept}`,
    );
  }
  const chosen = decision.plan[0]!;
  const moved = home === undefined ? 'begins at' : home === chosen ? 'stays at' : 'goes to';
  console.log(`  ${moved} ${chosen}: ${decision.reason}. ${decision.explanation.sentence}\n`);
}

function* script(): Generator<Call> {
  const messages: Message[] = [message('system', `You help a team. ${'rule '.repeat(systemWords)}`)];
  const ask = (text: string) => messages.push(message('user', text));
  const answer = (text: string) => messages.push(message('assistant', text));
  const call = (what: string, afterMs: number, outputTokens: number, withTools = false): Call => ({
    what,
    afterMs,
    request: requestOf([...messages], withTools),
    outputTokens,
  });
  ask(
    'Why did the cache hit rate fall after the release? Compare the explanations and prove which one holds.',
  );
  yield call('1. a hard ask', 0, 600);
  answer('Because the key now holds the build number. '.repeat(40));
  ask('Translate your summary to French.');
  yield call('2. a small ask', 30_000, 300);
  answer('Parce que la clé contient le numéro de version. '.repeat(20));
  ask('Rewrite it in two sentences.');
  yield call('3. another', 20_000, 80);
  yield call('4. the same again: a retry', 3000, 80);
  answer('La clé contient le numéro de version.');
  ask('Prove that no other change of that week can explain the fall, and argue against your own proof.');
  yield call('5. a hard one, while the first cache is still warm', 60_000, 900);
  answer('The proof has three parts. '.repeat(60));
  yield {
    what: '6. the client wants a title',
    afterMs: 1000,
    request: requestOf([
      message('system', 'You are a title generator. Write a short title for this conversation.'),
      message('user', 'Why did the cache hit rate fall after the release?'),
    ]),
    outputTokens: 12,
  };
  ask('Look the key up in the repository.');
  yield call('7. a task with tools', 40_000, 60, true);
  for (const step of [1, 2]) {
    const id = `call_${step}`;
    const use: Part = { type: 'tool-call', id, name: 'run', arguments: '{"command":"grep -rn cacheKey"}' };
    const parts = [textPart('src/cache.ts: cacheKey\n'.repeat(60))];
    messages.push({ role: 'assistant', parts: [textPart('I look.'), use] });
    messages.push({ role: 'tool', parts: [{ type: 'tool-result', callId: id, parts, isError: false }] });
    yield call(`${step + 7}. its loop`, 5000, 150, true);
  }
  answer('It is made in src/cache.ts.');
  ask('Thanks. Summarise all of it for the team.');
  yield call('10. after a long pause', 1_500_000, 400);
}

function textPart(text: string): Part {
  return { type: 'text', text };
}

function message(role: 'system' | 'user' | 'assistant', text: string): Message {
  return { role, parts: [textPart(text)] };
}

function requestOf(messages: Message[], withTools = false): ChatRequest {
  const tools = withTools
    ? [{ name: 'run', description: 'Runs a command.', parameters: { type: 'object' } }]
    : [];
  const body = { model: 'auto', messages, tools };
  return {
    dialect: 'openai-chat',
    model: 'auto',
    stream: false,
    wantsStreamUsage: false,
    messages,
    tools,
    sampling: {},
    choices: 1,
    fallbackModels: [],
    body,
    bytes: new TextEncoder().encode(JSON.stringify(body)),
  };
}
