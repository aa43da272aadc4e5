import { instructionZone } from './cues.ts';

const shortAnswer =
  /\b(only|just|single|one)\b[^.\n]{0,30}\b(letter|word|number|choice|option|label|character|digit|sentence)\b|\b(letter|word|number|choice|option|label)\b[^.\n]{0,12}\bonly\b|\byes or no\b|\btrue or false\b|\b(without|no)\b[^.\n]{0,12}\b(explanation|explaining|explanations)\b|\bbriefly\b|\bshort answer\b|(只|仅)(需|要|能)?(输出|回答|返回|给出)|一句话|一个字|不(需|用)?要?解释|简短|一言で|のみ(出力|回答)|簡潔に|한 ?(단어|문장)|만 출력/i;

/** Whether the instruction asks for a word, a letter or a sentence. A cue for the length of the answer, so a miss costs little. */
export function wantsShortAnswer(ask: string): boolean {
  return shortAnswer.test(instructionZone(ask));
}
