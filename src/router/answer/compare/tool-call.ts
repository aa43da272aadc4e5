import { type ChatAnswer, parseExact } from '../../../protocol/index.ts';
import { canonicalJson } from './json.ts';

const callsMax = 64;

/** Names and arguments of all calls; calls that are made at once have no order. An answer in words has no key. */
export function toolCallKey(answer: ChatAnswer): string | undefined {
  const calls = answer.parts.filter((part) => part.type === 'tool-call');
  if (calls.length === 0 || calls.length > callsMax) return undefined;
  const keys = calls.map((call) => {
    const given = canonicalArguments(call.arguments);
    return given === undefined ? undefined : `${call.name}(${given})`;
  });
  return keys.includes(undefined) ? undefined : keys.sort().join(' ');
}

function canonicalArguments(text: string): string | undefined {
  try {
    // A file that is written, a line that is replaced: blanks at their ends are part of what is done.
    return canonicalJson(parseExact(text.trim() === '' ? '{}' : text), (given) => given);
  } catch {
    return undefined;
  }
}
