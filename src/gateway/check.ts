import type { ChatAnswer, ChatRequest } from '../protocol/index.ts';

/**
 * Deterministic checks of a whole answer before it reaches the client. Says what is wrong with it, in a short code for the
 * record, or nothing. An answer cut by the output limit is what the client asked for, so its JSON is not judged.
 */
export function answerFault(answer: ChatAnswer, request: ChatRequest): string | undefined {
  const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = answer.parts.filter((part) => part.type === 'tool-call');
  const refused = answer.parts.some((part) => part.type === 'refusal');
  if (answer.finish.unified === 'length') return undefined;
  if (text.trim() === '' && calls.length === 0 && !refused) return 'empty';
  if (calls.some((call) => call.arguments !== '' && !isJson(call.arguments))) return 'invalid-tool-arguments';
  const wantsJson = request.responseFormat !== undefined && request.responseFormat.type !== 'text';
  if (wantsJson && calls.length === 0 && !refused && !isJson(text)) return 'invalid-json';
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
