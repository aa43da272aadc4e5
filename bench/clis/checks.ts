import { isObject } from '../../src/protocol/index.ts';
import type { FakeRequest } from '../../test/support/fake-reply.ts';
import type { FakeScript } from '../../test/support/fake-upstream.ts';
import type { Cli } from './clients.ts';

/** Something a person asks of the agent, and the model that plays along. */
export interface Check {
  name: 'text' | 'tool loop';
  prompt: string;
  /** What the agent must have printed in the end. */
  expected: string;
  script: FakeScript;
  /** What the upstream must have been sent. */
  delivered?: string;
}

/** A model that calls a tool again and again is stopped. */
const callsMax = 3;

/** The model answers in words. `nonce` makes what is printed belong to this run. */
export function textCheck(cli: Cli, nonce: string): Check {
  const expected = `The word at the gate is jade-${nonce}.`;
  return {
    name: 'text',
    prompt: 'What is the word at the gate?',
    expected,
    script: (request) =>
      sideAnswer(cli, request) ?? {
        reasoning: ['They ask for ', 'the word.'],
        text: ['The word ', 'at the gate ', `is jade-${nonce}.`],
      },
  };
}

/** The model asks for a shell command, and says in the end what it was told that the command printed. What it prints stands in no request before, because the shell puts it together. */
export function toolLoopCheck(cli: Cli, nonce: string): Check {
  const printed = `camel-42-${nonce}`;
  let calls = 0;
  return {
    name: 'tool loop',
    prompt: 'Run the command and tell me what it printed.',
    expected: `The shell said ${printed}.`,
    delivered: printed,
    script(request) {
      const side = sideAnswer(cli, request);
      if (side !== undefined) return side;
      if (request.bytes.includes(printed)) {
        return { reasoning: ['It has ', 'run.'], text: ['The shell ', 'said ', `${printed}.`] };
      }
      calls += 1;
      if (calls > callsMax) return { text: 'I give up: no result of the command came back.' };
      const name = shellOf(cli, request) ?? '';
      const input = JSON.stringify(cli.shell[name]?.(`printf "camel-%d-%s" 42 ${nonce}`));
      return {
        reasoning: ['I need ', 'the shell.'],
        toolCalls: [{ id: `call_${nonce}_${calls}`, name, arguments: [input.slice(0, 5), input.slice(5)] }],
      };
    },
  };
}

/** Agents also ask for titles and the like, in requests where they offer no shell. */
function sideAnswer(cli: Cli, request: FakeRequest): { text?: string } | undefined {
  if (shellOf(cli, request) !== undefined) return undefined;
  return toolNames(request.body).length === 0 ? {} : { text: 'Nothing to do.' };
}

function shellOf(cli: Cli, request: FakeRequest): string | undefined {
  const names = toolNames(request.body);
  return Object.keys(cli.shell).find((name) => names.includes(name));
}

/** Every name under the tools of a request, in whatever dialect. */
function toolNames(body: unknown): string[] {
  if (!isObject(body)) return [];
  return namesIn(body['tools'] ?? (isObject(body['toolConfig']) ? body['toolConfig']['tools'] : []));
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isObject(value)) return [];
  const { name } = value;
  const inner = ['function', 'functionDeclarations', 'toolSpec', 'tools'].flatMap((key) =>
    namesIn(value[key]),
  );
  return typeof name === 'string' ? [name, ...inner] : inner;
}
