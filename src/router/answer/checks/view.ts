import type { ChatAnswer, ChatRequest, Part } from '../../../protocol/index.ts';
import type { Language, Shape, TaskFamily } from '../../decision.ts';
import { newestAsk } from '../../features/ask.ts';
import { capped } from '../../features/scan.ts';
import { readAsk } from '../../features/vector.ts';
import { type FencedText, splitFences } from './code-blocks.ts';

/** What the checks know of a request. */
export interface AskView {
  request: ChatRequest;
  /** The newest user ask, cut to head and tail. */
  ask: string;
  language: Language;
  task: TaskFamily;
  /** All that system and user wrote, cut to `instructionCharsMax`: where anything allows what a check would blame, it is let pass. */
  instructions: string;
  wantsJson: boolean;
}

/** What the checks know of a whole answer. */
export interface AnswerView extends AskView, FencedText {
  answer: ChatAnswer;
  /** All text parts, joined. */
  text: string;
  calls: ToolCall[];
}

export type ToolCall = Extract<Part, { type: 'tool-call' }>;

const askCharsMax = 8000;
const messageCharsMax = 4000;
const instructionCharsMax = 40_000;

export function viewAsk(request: ChatRequest, shape: Shape | undefined): AskView {
  const ask = capped(newestAsk(request).text, askCharsMax);
  const reading = shape ?? readAsk(ask);
  const format = request.responseFormat;
  return {
    request,
    ask,
    language: reading.language,
    task: reading.task,
    instructions: instructionsOf(request),
    wantsJson: format !== undefined && format.type !== 'text',
  };
}

export function viewAnswer(answer: ChatAnswer, request: ChatRequest, shape: Shape | undefined): AnswerView {
  const text = textOf(answer);
  return {
    ...viewAsk(request, shape),
    ...splitFences(text),
    answer,
    text,
    calls: answer.parts.filter((part) => part.type === 'tool-call'),
  };
}

export function textOf(answer: ChatAnswer): string {
  return answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** Newest first, so that what is cut is the oldest. */
function instructionsOf(request: ChatRequest): string {
  const texts: string[] = [];
  let left = instructionCharsMax;
  for (let i = request.messages.length - 1; i >= 0 && left > 0; i--) {
    const message = request.messages[i]!;
    if (message.role !== 'system' && message.role !== 'user') continue;
    for (const part of message.parts) {
      if (part.type !== 'text' || left <= 0) continue;
      const text = capped(part.text, Math.min(messageCharsMax, left));
      texts.push(text);
      left -= text.length;
    }
  }
  return texts.join('\n');
}
