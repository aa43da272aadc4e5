import type { ChatAnswer } from '../protocol/index.ts';

/** What the checks read of an answer. */
export function textOf({ parts }: ChatAnswer): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** Whether the answer thought: it shows its thinking, or was billed for it. */
export function thought({ parts, usage }: ChatAnswer): boolean {
  if ((usage?.reasoningTokens ?? 0) > 0) return true;
  return parts.some(
    (part) => (part.type === 'reasoning' && part.text !== '') || part.type === 'redacted-reasoning',
  );
}

export function wasCut({ finish }: ChatAnswer): boolean {
  return finish.unified === 'length';
}
