import type { ChatRequest, Message, Part } from '../../src/protocol/index.ts';
import type { TurnKind } from '../../src/router/index.ts';
import { chat, system } from './fixtures.ts';
import type { RandomSource } from './random-source.ts';

/** One request of a scripted agent session, and what its answer adds to the conversation. */
export interface ScriptedCall {
  request: ChatRequest;
  kind: TurnKind;
  /** The newest message brings tool results, so that whoever called the tools must go on. */
  inLoop: boolean;
  /** The user asked something that was not asked before. */
  newAsk: boolean;
  /** Adds the answer to the conversation; the maker signs its thinking where it thinks. */
  answered(maker: string): void;
}

const asks = [
  'Find out why the nightly build fails and fix it.',
  'Translate the release notes to French.',
  'Why did the cache hit rate fall? Prove it from the logs.',
  'Summarise what changed since Monday.',
  '把这个函数改成异步的，并解释原因。',
  'thanks',
];
const tools = [{ name: 'run', description: 'Runs a command.', parameters: { type: 'object' } }];
const text = (value: string): Part => ({ type: 'text', text: value });

/** Several user turns with tool loops; titles, compactions, sub-agents and retries in between. */
export function* scriptedSession(random: RandomSource, name: string): Generator<ScriptedCall> {
  const main: Message[] = [system(`You are a coding agent. ${name}\n${'Rules of the house. '.repeat(200)}`)];
  const turns = 2 + random.integer(4);
  for (let turn = 0; turn < turns; turn++) {
    main.push({ role: 'user', parts: [text(`${asks[random.integer(asks.length)]!} (${turn})`)] });
    yield* userTurn(main, random);
    if (random.uniform() < 0.4) yield title(asks[0]!);
    if (random.uniform() < 0.3) yield compaction(main);
    if (random.uniform() < 0.3) yield* subAgent(random, name);
  }
}

function* userTurn(
  messages: Message[],
  random: RandomSource,
  kind: TurnKind = 'main',
): Generator<ScriptedCall> {
  const steps = random.integer(5);
  let newAsk = true;
  for (let step = 0; step <= steps; step++) {
    const inLoop = step > 0;
    const id = `call_${messages.length}`;
    const retries = random.uniform() < 0.1 ? 1 : 0;
    for (let attempt = 0; attempt <= retries; attempt++) {
      const last = attempt === retries;
      yield {
        request: chat([...messages], { tools }),
        kind: inLoop ? 'tool-result' : kind,
        inLoop,
        newAsk: newAsk && !inLoop,
        answered(maker) {
          if (!last) return;
          messages.push({ role: 'assistant', parts: answerParts(maker, step < steps ? id : undefined) });
          if (step < steps) messages.push(toolResult(id));
        },
      };
      newAsk = false;
    }
  }
}

/** Makers whose name says so sign their thinking. */
function answerParts(maker: string, callId: string | undefined): Part[] {
  const parts: Part[] = [];
  if (maker.includes('signing') && callId !== undefined)
    parts.push({ type: 'reasoning', text: 'hm', signature: `signed by ${maker}` });
  parts.push(text(callId === undefined ? 'Done. '.repeat(50) : 'Let me look.'));
  if (callId !== undefined) parts.push({ type: 'tool-call', id: callId, name: 'run', arguments: '{}' });
  return parts;
}

const toolResult = (callId: string): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', callId, parts: [text('line of output\n'.repeat(80))], isError: false }],
});

function title(ask: string): ScriptedCall {
  const request = chat([
    system('You are a title generator. Write a short title for this conversation.'),
    ask,
  ]);
  return { request, kind: 'title', inLoop: false, newAsk: true, answered() {} };
}

function compaction(messages: Message[]): ScriptedCall {
  const request = chat([...messages, 'Write a detailed summary of the conversation so far, to go on from.'], {
    tools,
  });
  return { request, kind: 'compaction', inLoop: false, newAsk: true, answered() {} };
}

function* subAgent(random: RandomSource, name: string): Generator<ScriptedCall> {
  const messages: Message[] = [system(`You are a subagent of ${name}. Search the code and report.`)];
  messages.push({ role: 'user', parts: [text('Where is the retry budget spent?')] });
  yield* userTurn(messages, random, 'sub-agent');
}
