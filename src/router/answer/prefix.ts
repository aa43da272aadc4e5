import type { ChatRequest } from '../../protocol/index.ts';
import type { Shape } from '../decision.ts';
import type { FaultCode } from './checks/faults.ts';
import { isWrongLanguage } from './checks/language.ts';
import { endsInCopies } from './checks/loop.ts';
import { beginsWithRefusal, mayBeginRefusal } from './checks/refusal.ts';
import { type AskView, viewAsk } from './checks/view.ts';

/** From here on a stream is held back no longer: what a beginning can show, it has shown. */
export const prefixCharsMax = 400;
/** Fewer characters than this say nothing of a refusal. */
const openingCharsMin = 12;
const refusalCharsMin = 120;
const languageCharsMin = 160;

/**
 * What the beginning of a streamed answer already says, asked again as it grows: a fault, that it looks sound, or that more is needed. Never `wait` from
 * `prefixCharsMax` characters on, so that a stream is held back for a moment only. What only a whole answer shows (JSON that ends, code, agreement) it cannot
 * say.
 */
export function prefixReader(
  request: ChatRequest,
  shape: Shape,
): (textSoFar: string) => 'wait' | 'fine' | FaultCode {
  const ask = viewAsk(request, shape);
  return (textSoFar) => verdictOf(textSoFar, ask);
}

function verdictOf(textSoFar: string, ask: AskView): 'wait' | 'fine' | FaultCode {
  const text = textSoFar.trimStart().slice(0, prefixCharsMax);
  const isLong = textSoFar.length >= prefixCharsMax;
  if (text === '') return isLong ? 'empty' : 'wait';
  if (ask.wantsJson) return jsonVerdict(text);
  if (text.length < openingCharsMin && !isLong) return 'wait';
  if (beginsWithRefusal(text, ask)) return 'refused';
  if (text.length < refusalCharsMin && !isLong && mayBeginRefusal(text)) return 'wait';
  if (isWrongLanguage(text, ask)) return 'wrong-language';
  if (endsInCopies(text)) return 'loop';
  return isLong || text.length >= languageCharsMin || showsLanguage(text, ask) ? 'fine' : 'wait';
}

/** What stands before JSON, a fence as well, no parser takes. */
function jsonVerdict(text: string): 'wait' | 'fine' | FaultCode {
  if (/^(?:[{["\d]|-\d|true|false|null)/.test(text)) return 'fine';
  return ['true', 'false', 'null', '-0'].some((start) => start.startsWith(text)) ? 'wait' : 'invalid-json';
}

const ownScript: { [language in AskView['language']]?: RegExp } = {
  zh: /\p{Script=Han}{2}|\p{Script=Han}.{0,8}\p{Script=Han}/u,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  ko: /\p{Script=Hangul}/u,
  en: /[A-Za-z]{2}/,
};

/** A beginning in the script of the ask: there is nothing to wait for. */
function showsLanguage(text: string, { language }: AskView): boolean {
  return ownScript[language]?.test(text) ?? true;
}
