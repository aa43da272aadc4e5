import type { ChatRequest } from '../../../protocol/index.ts';
import type { FaultCode } from './faults.ts';
import { parsed } from './json.ts';
import { matchesSchema } from './json-schema.ts';
import type { AnswerView, ToolCall } from './view.ts';

/** Calls that are checked; a further one is only ever one of many. */
const callsMax = 64;

export function checkToolArguments({ calls }: AnswerView): FaultCode | undefined {
  const broken = calls.some((call) => call.arguments !== '' && parsed(call.arguments) === undefined);
  return broken ? 'invalid-tool-arguments' : undefined;
}

/**
 * A name that no tool has. Not judged where the client lists no tools at all, or such as only its own dialect knows: those may bring calls under
 * names of their own.
 */
export function checkToolNames({ calls, request }: AnswerView): FaultCode | undefined {
  if (request.tools.length === 0 || request.tools.some((tool) => tool.native !== undefined)) return undefined;
  const names = new Set(request.tools.map((tool) => tool.name));
  return calls.some((call) => !names.has(call.name)) ? 'unknown-tool' : undefined;
}

export function checkToolSchemas({ calls, request }: AnswerView): FaultCode | undefined {
  const mismatch = calls.slice(0, callsMax).some((call) => !fitsSchema(call, request));
  return mismatch ? 'tool-arguments-mismatch' : undefined;
}

function fitsSchema(call: ToolCall, request: ChatRequest): boolean {
  const tool = request.tools.find(({ name }) => name === call.name);
  if (tool === undefined || tool.native !== undefined) return true;
  const value = parsed(call.arguments === '' ? '{}' : call.arguments);
  return value === undefined || matchesSchema(value.json, tool.parameters) !== false;
}

/** A forced call that did not come, or a call where none was wanted. A refusal is no call and has a code of its own. */
export function checkToolChoice({ calls, request, answer }: AnswerView): FaultCode | undefined {
  const choice = request.toolChoice;
  if (choice === undefined || choice === 'auto' || request.tools.length === 0) return undefined;
  if (choice === 'none') return calls.length > 0 ? 'tool-choice-ignored' : undefined;
  if (calls.length === 0 && refuses(answer)) return undefined;
  const obeyed = choice === 'required' ? calls.length > 0 : calls.some(({ name }) => name === choice.name);
  if (obeyed) return undefined;
  // A tool of the client's own dialect may answer in parts that are no function call.
  return request.tools.some((tool) => tool.native !== undefined) ? undefined : 'tool-choice-ignored';
}

const refuses = ({ parts, finish }: AnswerView['answer']) =>
  finish.unified === 'refusal' ||
  finish.unified === 'content-filter' ||
  parts.some((part) => part.type === 'refusal');
