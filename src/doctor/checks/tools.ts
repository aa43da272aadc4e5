import {
  type ChatAnswer,
  clientDialects,
  isObject,
  type Json,
  type JsonObject,
  type Part,
} from '../../protocol/index.ts';
import type { Asked } from '../caller.ts';
import { fault, type Outcome, ok, outcome, type Verdict, warning } from '../check.ts';
import { isRefusal, unclear, wordsOf } from '../failures.ts';
import { askQuietly, type Subject } from '../subject.ts';
import { textOf, wasCut } from '../words.ts';

type ToolCall = Extract<Part, { type: 'tool-call' }>;

const tools: Json = [
  {
    type: 'function',
    function: {
      name: 'read_thermometer',
      description: 'The temperature at a place, in degrees Celsius.',
      parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
    },
  },
];
const question: Json = {
  role: 'user',
  content:
    'Read the thermometers in Oslo and in Cairo. Call the tool once for each, both at the same time, then tell me both temperatures.',
};
/** Nobody would guess them. */
const readings = [-41, 63];

const refused =
  'state capabilities.tools: false of the deployment, or start the server with its tool-call parser';

/** A call is made as a call, its result is taken back, and the answer uses it. */
export async function checkTools(subject: Subject): Promise<Outcome> {
  const { model, provider } = subject.deployment;
  let asked = await askQuietly(subject, { messages: [question], tools });
  if (asked.kind === 'answered' && callsOf(asked.answer).length === 0 && !isSpelledOut(asked.answer)) {
    // Some call only when they are made to.
    if (model.capabilities.forcedToolChoice !== false)
      asked = await askQuietly(subject, { messages: [question], tools, tool_choice: 'required' });
  }
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(fault('tools', 'tools-refused', `it refuses tools: ${wordsOf(asked)}`, refused), {
      capability: 'tools',
      value: false,
      evidence: 'it refused a request with tools',
    });
  if (asked.kind !== 'answered') return unclear('tools', asked, provider);
  const calls = callsOf(asked.answer);
  if (calls.length === 0) return withoutCall(asked.answer);
  if (!calls.every(hasPlace))
    return outcome(
      fault(
        'tools',
        'tool-arguments-invalid',
        'the arguments of its calls are not what their schema says',
        'look at the tool-call parser of the server; it must fit the model',
      ),
      { capability: 'tools', value: false, evidence: 'its calls had arguments that do not fit the schema' },
    );
  return takeBack(subject, asked.answer, calls);
}

function withoutCall(answer: ChatAnswer): Outcome {
  if (isSpelledOut(answer))
    return outcome(
      fault(
        'tools',
        'tools-as-text',
        'it writes its tool calls as text, where no client finds them',
        'start the server with the tool-call parser of this model (vLLM: --enable-auto-tool-choice --tool-call-parser), or state capabilities.tools: false',
      ),
      { capability: 'tools', value: false, evidence: 'its tool calls came as text' },
    );
  if (wasCut(answer))
    return outcome(
      warning('tools', 'tools-not-called', 'it thought for longer than the checks allow', undefined),
    );
  return outcome(
    fault('tools', 'tools-not-called', 'it did not call a tool that it was told to call', refused),
    { capability: 'tools', value: false, evidence: 'it did not call a tool that it was told to call' },
  );
}

/** The second half of the way: results go back beside the calls, as a client would send them. */
async function takeBack(subject: Subject, answer: ChatAnswer, calls: ToolCall[]): Promise<Outcome> {
  const { model, provider } = subject.deployment;
  const results = calls.map(
    (call, index): Json => ({
      role: 'tool',
      tool_call_id: call.id,
      content: JSON.stringify({ celsius: readings[index % readings.length]! }),
    }),
  );
  const asked = await askQuietly(subject, {
    messages: [question, messageOf(answer, subject.deployment.id), ...results],
    tools,
  });
  const called = { capability: 'tools', value: true, evidence: 'it called a tool' } as const;
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault(
        'tools',
        'tool-result-refused',
        `it refuses the result of its own call: ${wordsOf(asked)}`,
        'look at quirks.reasoningEcho under servedBy in the catalogue overlay, and at the chat template of the server',
      ),
      { capability: 'tools', value: false, evidence: 'it refused the result of its own call' },
    );
  if (asked.kind !== 'answered') return unclear('tools', asked, provider);
  const verdicts: Verdict[] = [
    isUsed(asked, calls.length)
      ? ok(
          'tools',
          `called ${calls.length === 1 ? 'once' : `${calls.length} times at once`}, and used what came back`,
        )
      : warning(
          'tools',
          'tool-result-ignored',
          'its answer does not use what the tool gave back',
          'look whether its chat template knows the role tool; small models may also just not follow',
        ),
  ];
  const findings: Outcome['findings'] = [called];
  if (calls.length > 1)
    findings.push({
      capability: 'parallel-tools',
      value: true,
      evidence: `it made ${calls.length} calls at once`,
    });
  else if (model.capabilities.parallelTools)
    verdicts.push(
      warning(
        'tools',
        'tools-one-at-a-time',
        'it made one call where two were asked for at once',
        'state capabilities.parallel_tools: false if it never makes several',
      ),
    );
  return { verdicts, findings };
}

function isUsed(asked: Extract<Asked, { kind: 'answered' }>, calls: number): boolean {
  // Another call instead of an answer also shows that the result was read: the second thermometer comes after the first.
  if (calls === 1 && callsOf(asked.answer).length > 0) return true;
  return textOf(asked.answer).includes(String(Math.abs(readings[0]!)));
}

/** The answer as a client of chat completions has it in its history. */
function messageOf(answer: ChatAnswer, model: string): Json {
  const document = clientDialects['openai-chat'].encodeAnswer(answer, {
    requestId: 'req_doctor',
    model,
    createdAtSeconds: 0,
    includeUsage: false,
  });
  const choices = document['choices'] as { message: Json }[];
  return choices[0]!.message;
}

function callsOf({ parts }: ChatAnswer): ToolCall[] {
  return parts.filter((part) => part.type === 'tool-call');
}

function isSpelledOut(answer: ChatAnswer): boolean {
  const text = textOf(answer);
  return (
    /<\|?tool_?calls?\b|<function[=_]|\[TOOL_CALLS\]/i.test(text) ||
    /read_thermometer["'\s]*[,({:]/.test(text)
  );
}

function hasPlace({ name, arguments: text }: ToolCall): boolean {
  try {
    const given: unknown = JSON.parse(text);
    return (
      name === 'read_thermometer' && isObject(given) && typeof (given as JsonObject)['place'] === 'string'
    );
  } catch {
    return false;
  }
}
