import type { FaultCode } from './faults.ts';
import type { AnswerView, AskView } from './view.ts';

/** A longer answer that begins with a refusal mostly goes on to help. */
const refusalCharsMax = 500;
const headChars = 160;

const helping =
  '(?:help (?:you|with|create|write)|assist|comply|fulfil|provide|participate|engage|create|generate|produce|write|share|discuss|give|offer|continue|answer|respond|support|do that|access|browse)';
const cannot =
  "(?:can['’]?t|can ?not|won['’]?t|will not|am (?:not able|unable) to|['’]m (?:not able|unable) to|must decline to)";
const english = new RegExp(
  `^(?:(?:i['’]?m|i am) (?:really |very |so |truly )?sorry|sorry|i apologi[sz]e|unfortunately|as an ai(?: language)?(?: model| assistant)?)?[,.;:\\-– —]{0,3}(?:but |however,? )?(?:as an ai(?: language)?(?: model| assistant)?, )?i ?${cannot} ${helping}\\b`,
);
const chinese =
  /^(?:(?:非常|很|十分)?(?:抱歉|对不起|對不起|不好意思)|作为(?:一个|一名)?(?:人工智能|AI|ai|语言模型)[^，。,]{0,12})[，,。！! ]{0,2}(?:但是?)?我?(?:们)?(?:目前|暂时)?(?:无法|不能|不可以|没有办法|無法|没法)(?:为您|为你|给您|给你|向您|向你)?(?:提供|回答|协助|帮助|满足|完成|生成|讨论|继续|參與|参与|支持|處理|处理|协助)/;
const japanese =
  /^(?:大変)?(?:申し訳(?:ありません|ございません)|すみません|恐れ入ります|ごめんなさい)(?:が|けど)?[、。,]?[^。\n]{0,60}(?:(?:でき|出来)ません|(?:いたし|致し)かねます|お(?:答え|手伝い|応え)(?:は)?できません|控えさせていただきます)/;
const korean =
  /^(?:정말 )?(?:죄송(?:합니다|하지만|해요|하오나)|미안(?:합니다|하지만|해요))(?:만)?[,.! ]{0,2}[^.\n]{0,60}(?:수 (?:는 )?없(?:습니다|어요|네요)|드리기 어렵습니다|도와드릴 수 없|불가능합니다)/;
const phrases = [english, chinese, japanese, korean];

/** The request itself tells how to decline, or is about declining: then such words may be the right answer. */
const allowsRefusal =
  /(?:don['’]?t|do not|doesn['’]?t|not) know|(?:cannot|can['’]?t|unable to|could not) (?:be )?(?:answer|find|help|assist|provide|determin)|not (?:enough|sufficient) information|unanswerable|\b(?:refus|declin|reject|apolog|sorry)|无法回答|不知道|不能回答|拒绝|道歉|抱歉|婉拒|答えられ|わからな|分かりません|断[りる]|お詫び|謝罪|모르|답할 수 없|거절|사과/i;

const reworded = new Set(['translate', 'rewrite', 'creative']);

/** A refusal in the vendor's own field, or a short answer that is nothing but one. */
export function checkRefusal(view: AnswerView): FaultCode | undefined {
  const { unified } = view.answer.finish;
  if (unified === 'refusal' || unified === 'content-filter') return 'refused';
  if (view.answer.parts.some((part) => part.type === 'refusal' && part.text.trim() !== '')) return 'refused';
  if (view.calls.length > 0) return undefined;
  const text = view.text.trim();
  return text.length <= refusalCharsMax && beginsWithRefusal(text, view) ? 'refused' : undefined;
}

/** Words of a refusal at the beginning of a text, where the request gives no ground for them. */
export function beginsWithRefusal(text: string, ask: AskView): boolean {
  const head = text.trimStart().slice(0, headChars).toLowerCase();
  if (!phrases.some((phrase) => phrase.test(head))) return false;
  return !reworded.has(ask.task) && !allowsRefusal.test(ask.instructions);
}

const opening =
  /^(?:i\b|i['’]|sorry|unfortunately|as an|however|but|我|很|非常|十分|抱歉|对不起|對不起|不好意思|作为|大変|申し訳|すみません|恐れ入り|ごめん|정말|죄송|미안)/;

/** Whether a text begins as refusals do, so that more of it must be seen. */
export function mayBeginRefusal(text: string): boolean {
  return opening.test(text.trimStart().slice(0, headChars).toLowerCase());
}
