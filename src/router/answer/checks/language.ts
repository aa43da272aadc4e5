import { languageOf } from '../../features/language.ts';
import { capped, type Scan, scan } from '../../features/scan.ts';
import type { FaultCode } from './faults.ts';
import type { AnswerView, AskView } from './view.ts';

/** Letters by the measure of `languageOf`: a CJK character weighs as much as four others. */
const answerWeightMin = 120;
const askWeightMin = 24;
const proseCharsMax = 4000;
/** Head and tail of an ask must be of its language, so that a foreign text handed over for work is not taken for it. */
const instructionChars = 40;

/** A request that names a language, or translation, may be answered in any. */
const namesLanguage =
  /\b(?:languages?|english|chinese|mandarin|cantonese|japanese|korean|french|german|spanish|portuguese|italian|russian|arabic|hindi|thai|vietnamese|indonesian|latin|translat\w*|bilingual|multilingual|locale|pinyin|kanji|hangul|hanzi)\b|英文|英语|英語|中文|汉语|漢語|国语|普通话|粤语|日文|日语|日語|日本語|中国語|韩文|韩语|韓文|韓語|韓国語|法语|德语|俄语|西班牙语|外语|语言|語言|言語|翻译|翻譯|翻訳|译|訳|영어|한국어|중국어|일본어|언어|번역|한자/i;

const unjudged = new Set(['translate', 'agent-step', 'utility']);

export function checkLanguage(view: AnswerView): FaultCode | undefined {
  if (view.calls.length > 0) return undefined;
  return isWrongLanguage(view.prose, view) ? 'wrong-language' : undefined;
}

/** True where a text is certainly not of the language or script of the ask. Too little text is never certain. */
export function isWrongLanguage(prose: string, view: AskView): boolean {
  if (view.wantsJson || view.language === 'other' || unjudged.has(view.task)) return false;
  const answer = scan(capped(withoutMarkup(prose), proseCharsMax));
  if (weight(answer) < answerWeightMin) return false;
  const ask = scan(capped(withoutMarkup(view.ask)));
  if (!isForeign(ask, answer, view.language)) return false;
  return isClear(view.ask, ask, view.language) && !explained(view, answer);
}

function isForeign(ask: Scan, answer: Scan, language: AskView['language']): boolean {
  const total = weight(answer);
  const chars = cjk(answer);
  switch (language) {
    case 'en':
      if (cjk(ask) > 0 || ask.otherLetters > 0) return false;
      return chars * 4 > 0.7 * total || answer.otherLetters > 0.7 * total;
    case 'zh':
      if (chars * 4 < 0.05 * total) return true;
      return isMostly(answer.kana * 2, chars) || isMostly(answer.hangul, chars);
    case 'ja':
      if (chars * 4 < 0.05 * total) return true;
      return (answer.han >= 40 && answer.kana * 50 < answer.han) || isMostly(answer.hangul, chars);
    case 'ko':
      if (chars * 4 < 0.05 * total) return true;
      return chars >= 30 && answer.hangul * 10 < chars;
    default:
      return false;
  }
}

const isMostly = (part: number, whole: number) => whole >= 30 && part * 2 > whole;

/** A Latin word at either end may be the whole instruction: «Summarise: …». */
const latinEdge = /^\W{0,9}[A-Za-z]{3}|[A-Za-z]{3}\W{0,9}$/;

/** The ask is of one language throughout, and so are both its ends. */
function isClear(text: string, ask: Scan, language: AskView['language']): boolean {
  const total = weight(ask);
  if (total < askWeightMin) return false;
  const own = language === 'en' ? ask.latin : cjk(ask) * 4;
  if (own < 0.7 * total) return false;
  if (language !== 'en' && latinEdge.test(text)) return false;
  return [text.slice(0, instructionChars), text.slice(-instructionChars)].every((end) => {
    const read = scan(end);
    return weight(read) === 0 || languageOf(read) === language;
  });
}

/** Something in the conversation accounts for the language: its name, a system text or an earlier answer written in it. */
function explained(view: AskView, answer: Scan): boolean {
  if (namesLanguage.test(view.instructions)) return true;
  const language = languageOf(answer);
  return view.request.messages.some((message) => {
    if (message.role === 'user' || message.role === 'tool') return false;
    if (message.role === 'system' && language === 'en') return false;
    const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
    return text !== '' && languageOf(scan(capped(text, proseCharsMax))) === language;
  });
}

/** Letters of code, formulas, addresses and tags are of no language. */
function withoutMarkup(text: string): string {
  return text
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/`[^`\n]*`/g, ' ')
    .replace(/\$[^$\n]*\$/g, ' ')
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/<[^<>\n]{1,200}>/g, ' ');
}

const cjk = (counts: Scan) => counts.han + counts.kana + counts.hangul;
const weight = (counts: Scan) => 4 * cjk(counts) + counts.latin + counts.latinMarked + counts.otherLetters;
