import type { Language } from '../decision.ts';
import type { Scan } from './scan.ts';

/**
 * Language by Unicode blocks. One CJK character weighs as much as four Latin letters (about a word each), so that a Chinese
 * question about a page of code stays Chinese while one quoted name does not turn an English question.
 */
export function languageOf(scan: Scan): Language {
  const cjk = scan.han + scan.kana + scan.hangul;
  const alphabetic = scan.latin + scan.latinMarked + scan.otherLetters;
  if (cjk > 0 && cjk * 4 >= alphabetic) {
    if (scan.hangul * 3 >= cjk) return 'ko';
    // Japanese is never written without kana; a Chinese text quotes them rarely.
    return scan.kana * 10 >= cjk ? 'ja' : 'zh';
  }
  if (alphabetic === 0 || scan.otherLetters * 2 > alphabetic) return 'other';
  // Marked letters are rare in English (loan words, names) and frequent in most other Latin-script languages.
  return scan.latinMarked >= 3 && scan.latinMarked * 50 > alphabetic ? 'other' : 'en';
}
