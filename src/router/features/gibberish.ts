/**
 * Strings of letters that are no words, as attacks on routers and careless pastes put them around an ask, are told by pairs of letters: those of words in
 * Latin script are likely ones. Only what stands at either end, and is followed by text that reads as words, is taken for such.
 */

/** How likely a letter is after another, `a` to `z` and the edge of a word: half bits around 5. Counted over the words of the public sets that the product is trained on. */
const pairs = [
  '156523525037570507674422415',
  '743271017307316106536010405',
  '704170066055007105375000406',
  '511371317103225105525320308',
  '525643313005573427752324207',
  '612076007006017106356000406',
  '612171456005355106435000308',
  '722181007004337105355020516',
  '546554400025586404662501043',
  '701081025130017002208021005',
  '622282337115254203633231407',
  '722472107026216200545300607',
  '752072007001526601405000306',
  '616664726132135101673300317',
  '345433424036684507556453214',
  '702170166006217507555000305',
  '200112023012010223319010005',
  '734472417033446304654310506',
  '505162056023425511675020308',
  '603071168003216006545010507',
  '555553405016673507760101113',
  '701190007001106000102000104',
  '731372067014266105521011106',
  '606061047102005700275012517',
  '425451304005544503541020029',
  '732281147014236100113011556',
  '656655455335644626654440110',
].map((row) => Uint8Array.from(row, (step) => Number(step)));
const neutralStep = 5;
const edge = 26;

/** A digit or a capital inside a word: identifiers have some, random strings many. */
const oddInside = 2;
/** Evidence, in the steps of `pairs`, from which on a run is no words, and that the text after it must give for being words. */
const runMin = 22;
const proofMin = 14;
const wordsMax = 60;
const tailChars = 1200;
/** An identifier is long, has no marks but hyphens, and goes from letters to digits again; formulas are shorter or have marks. */
const idTurnsMin = 2;
const idCharsMin = 12;
/** Units and names of variables are shorter. */
const lettersMin = 4;

/** Evidence that a string is no word; negative for words, 0 for what is too short to tell, undefined for other scripts, which are no gibberish. */
function oddness(string: string): number | undefined {
  let previous = edge;
  let sum = 0;
  let run = 0;
  let longest = 0;
  let turns = 0;
  let marked = false;
  for (let i = 0; i < string.length; i++) {
    const c = string.charCodeAt(i);
    if (c > 127) return undefined;
    // Notation: its commands are no words of a language either.
    if (c === 92 || c === 36) return 0;
    const letter = (c | 32) - 97;
    if (letter < 0 || letter > 25) {
      if (c >= 48 && c <= 57) {
        if (previous !== edge) sum += oddInside;
        if (run > 0) turns += 1;
      } else if (c !== 45 && c !== 95) marked = true;
      run = 0;
      continue;
    }
    if (c < 97 && run > 0 && string.charCodeAt(i - 1) >= 97) sum += oddInside;
    sum += neutralStep - pairs[previous]![letter]!;
    previous = letter;
    run += 1;
    if (run > longest) longest = run;
  }
  if (!marked && turns >= idTurnsMin && string.length >= idCharsMin) return runMin;
  if (previous === edge) return 0;
  sum += neutralStep - pairs[previous]![edge]!;
  return sum > 0 && longest < lettersMin ? 0 : sum;
}

/** Where the text begins behind a run of strings that are no words; 0 where it begins with words. */
export function gibberishBefore(text: string): number {
  const word = /\S{1,200}/g;
  const seen = new Set<string>();
  let sum = 0;
  let most = 0;
  let end = 0;
  for (let count = 0; count < wordsMax; count++) {
    const found = word.exec(text);
    if (found === null) return 0;
    const odd = seen.has(found[0]) ? 0 : oddness(found[0]);
    seen.add(found[0]);
    if (odd === undefined) return most >= runMin ? end : 0;
    sum += odd;
    if (sum > most) {
      most = sum;
      end = word.lastIndex;
    }
    if (sum <= most - proofMin) return most >= runMin ? end : 0;
  }
  return 0;
}

/** Where the text ends before a run of strings that are no words; its length where it ends in words. */
export function gibberishAfter(whole: string): number {
  const skipped = Math.max(0, whole.length - tailChars);
  const text = skipped === 0 ? whole : whole.slice(skipped);
  const seen = new Set<string>();
  let sum = 0;
  let most = 0;
  let start = text.length;
  let end = text.length;
  for (let count = 0; count < wordsMax && end > 0; count++) {
    const from = Math.max(text.lastIndexOf(' ', end - 1), text.lastIndexOf('\n', end - 1)) + 1;
    const string = text.slice(from, end);
    const odd = seen.has(string) ? 0 : oddness(string);
    seen.add(string);
    if (odd === undefined) return most >= runMin ? skipped + start : whole.length;
    sum += odd;
    if (sum > most) {
      most = sum;
      start = from;
    }
    if (sum <= most - proofMin) return most >= runMin ? skipped + start : whole.length;
    end = from - 1;
  }
  return whole.length;
}
