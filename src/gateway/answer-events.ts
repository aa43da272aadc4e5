import type { ChatAnswer, ChatEvent, Part } from '../protocol/index.ts';

/** The events of a whole answer, for an upstream that answers a stream request with one document. */
export function eventsOfAnswer(answer: ChatAnswer): ChatEvent[] {
  const events: ChatEvent[] = [{ type: 'start', id: answer.id, model: answer.model }];
  let calls = 0;
  for (const part of answer.parts) {
    events.push(...eventsOfPart(part, calls));
    if (part.type === 'tool-call') calls += 1;
  }
  events.push({ type: 'finish', finish: answer.finish });
  if (answer.usage !== undefined) events.push({ type: 'usage', usage: answer.usage });
  events.push({ type: 'end' });
  return events;
}

function eventsOfPart(part: Part, index: number): ChatEvent[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [{ type: part.type, text: part.text }];
    case 'reasoning':
      return part.signature === undefined
        ? [{ type: 'reasoning', text: part.text }]
        : [
            { type: 'reasoning', text: part.text },
            { type: 'reasoning-signature', signature: part.signature },
          ];
    case 'redacted-reasoning':
      return [{ type: 'redacted-reasoning', data: part.data }];
    case 'tool-call':
      return [
        { type: 'tool-call', index, id: part.id, name: part.name },
        { type: 'tool-arguments', index, fragment: part.arguments },
      ];
    default:
      return [];
  }
}
