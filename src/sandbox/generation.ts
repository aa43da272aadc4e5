import type { Answer } from './answer.ts';
import type { Ask } from './ask.ts';
import { countTokens, splitTokens } from './tokens.ts';

/** One token of the answer, and where it belongs. */
export type Piece =
  | { kind: 'reasoning'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'call'; index: number; text: string };

/** An answer cut to its limits: what is sent, token by token. */
export interface Generation {
  pieces: Piece[];
  /** Calls whose generation was begun. */
  calls: { id: string; name: string }[];
  finish: 'stop' | 'length' | 'tool_calls';
  completionTokens: number;
  reasoningTokens: number;
}

/** Applies stop sequences, then the output limit; reasoning counts as output, as it does at vendors. */
export function generate(answer: Answer, ask: Ask): Generation {
  const pieces: Piece[] = [];
  for (const text of splitTokens(answer.reasoning)) pieces.push({ kind: 'reasoning', text });
  for (const text of splitTokens(beforeStop(answer.text, ask.stop))) pieces.push({ kind: 'text', text });
  for (const [index, call] of answer.calls.entries()) {
    for (const text of splitTokens(call.arguments)) pieces.push({ kind: 'call', index, text });
  }
  const cut = pieces.length > ask.outputTokensMax;
  const kept = cut ? pieces.slice(0, ask.outputTokensMax) : pieces;
  const begun = answer.calls.filter((_, index) =>
    kept.some((piece) => piece.kind === 'call' && piece.index === index),
  );
  const nameTokens = cut ? 0 : begun.reduce((sum, call) => sum + countTokens(call.name), 0);
  return {
    pieces: kept,
    calls: begun.map(({ id, name }) => ({ id, name })),
    finish: cut ? 'length' : answer.calls.length > 0 ? 'tool_calls' : 'stop',
    completionTokens: kept.length + Math.min(nameTokens, ask.outputTokensMax - kept.length),
    reasoningTokens: kept.filter((piece) => piece.kind === 'reasoning').length,
  };
}

function beforeStop(text: string, stops: string[]): string {
  let end = text.length;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && at < end) end = at;
  }
  return text.slice(0, end);
}
