import type { ChatAnswer, ChatRequest, FinishReason, Part, Tool } from '../../../src/protocol/index.ts';
import { chat, read } from '../fixtures.ts';

export function answer(
  text: string,
  unified: FinishReason['unified'] = 'stop',
  more: Part[] = [],
): ChatAnswer {
  const parts: Part[] = text === '' ? more : [{ type: 'text', text }, ...more];
  return { id: undefined, model: undefined, parts, finish: { unified, raw: unified }, usage: undefined };
}

export const call = (name: string, args: unknown): Part => ({
  type: 'tool-call',
  id: 'call_1',
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
});

export const calls = (...parts: Part[]): ChatAnswer => answer('', 'tool-calls', parts);

export const weather: Tool = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city'],
  },
};

export const shapeOf = (request: ChatRequest) => read(request).shape;
export const ask = (text: string, more: Partial<ChatRequest> = {}): ChatRequest => chat([text], more);
