export type AnswerLanguage = 'en' | 'zh' | 'ja' | 'ko';

/** Characters looked at; the script shows early. */
const sampleCharsMax = 2000;

/** The language to answer in, by script: kana means Japanese, hangul Korean, Han alone Chinese, anything else English. */
export function languageOf(text: string): AnswerLanguage {
  let han = 0;
  let kana = 0;
  let hangul = 0;
  for (let index = 0; index < Math.min(text.length, sampleCharsMax); index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x3041 && code <= 0x30ff) kana += 1;
    else if (code >= 0xac00 && code <= 0xd7a3) hangul += 1;
    else if (code >= 0x4e00 && code <= 0x9fff) han += 1;
  }
  if (kana > 0 && kana + han >= hangul) return 'ja';
  if (hangul > han) return 'ko';
  return han > 0 ? 'zh' : 'en';
}
