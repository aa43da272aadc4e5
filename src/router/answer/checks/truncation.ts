import { bracketFault } from './brackets.ts';
import type { FaultCode } from './faults.ts';
import type { AnswerView } from './view.ts';

/**
 * An answer that ends before its end: by a limit that was not the client's (who set one gets what was asked for), or, though the vendor says that it is
 * whole, within JSON or within code.
 */
export function checkTruncation(view: AnswerView): FaultCode | undefined {
  const { unified } = view.answer.finish;
  if (unified === 'length') return 'truncated';
  if (unified === 'tool-calls' || view.calls.length > 0) return undefined;
  if (endsWithinJson(view) || endsWithinCode(view)) return 'truncated';
  return undefined;
}

function endsWithinJson({ text, wantsJson }: AnswerView): boolean {
  if (!wantsJson) return false;
  const json = text.trim();
  return /^[{[]/.test(json) && bracketFault(json, 'json') === 'unclosed';
}

/** A forgotten last fence alone is a slip; an open bracket before it as well is a cut. */
function endsWithinCode({ blocks, answer }: AnswerView): boolean {
  const last = blocks.at(-1);
  if (last === undefined || last.closed || answer.finish.stopSequence !== undefined) return false;
  return bracketFault(last.code, last.language) === 'unclosed';
}
