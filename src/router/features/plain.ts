/**
 * One spelling of what looks the same on a screen: letters that cannot be seen are left out, full-width and look-alike letters are read as what
 * they look like. Nearly no text needs it.
 */

/**
 * Any of the letters below. Full-width marks alone are left as they are: Chinese and Japanese are written with them.
 */
const suspect =
  /[\u00a0\u00ad\u0370-\u04ff\u2000-\u200f\u202a-\u202f\u205f-\u2064\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\udb40]/;
const unseen = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|\udb40[\udc00-\uddff]/g;
const blanks = /[\u00a0\u2000-\u200a\u202f\u205f]/g;
const fullWidth = /[\uff01-\uff5e]+/g;
const wideLetter = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/;

/** No language mixes Latin letters with Greek or Cyrillic ones in a word; physics does, with other letters than look-alikes. */
const mixedWord = /[a-z]*[\u0370-\u04ff][a-z\u0370-\u04ff]*/gi;
const latin = /[a-z]/i;

const lookAlikes = new Map<string, string>();
for (const [alike, letters] of [
  ['асеорхуіјѕАВЕКМНОРСТХІЈЅ', 'aceopxyijsABEKMHOPCTXIJS'],
  ['ονΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ovABEZHIKMNOPTYX'],
] as const) {
  for (let i = 0; i < alike.length; i++) lookAlikes.set(alike[i]!, letters[i]!);
}

export function plain(text: string): string {
  // As many bytes as characters: ASCII, told far faster than by looking at each.
  if (Buffer.byteLength(text) === text.length || !suspect.test(text)) return text;
  const read = text
    .replace(unseen, '')
    .replace(blanks, ' ')
    .replace(fullWidth, (run) => (wideLetter.test(run) ? narrowed(run) : run));
  return read.replace(mixedWord, (word) =>
    latin.test(word) ? word.replace(/[^a-z]/gi, (char) => lookAlikes.get(char) ?? char) : word,
  );
}

function narrowed(run: string): string {
  return run.replace(/./g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
}
