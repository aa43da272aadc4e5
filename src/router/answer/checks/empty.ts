import type { FaultCode } from './faults.ts';
import type { AnswerView } from './view.ts';

export function checkEmpty({ text, calls, answer }: AnswerView): FaultCode | undefined {
  if (text.trim() !== '' || calls.length > 0) return undefined;
  return answer.parts.some((part) => part.type === 'refusal') ? undefined : 'empty';
}
