import { gibberishAfter, gibberishBefore } from './gibberish.ts';
import { plain } from './plain.ts';
import { isWrapper } from './wrappers.ts';

/**
 * What of an ask is the work. Whoever wants the dear model, or the cheap one, can write anything around an ask; what is known to be only around it is not
 * read: marks of chat templates, sentences about the asking, strings that are no words, lines that stand there twice. It is taken away at
 * either end only, where instructions stand, and never all of it.
 */
export function askCore(ask: string): string {
  const shown = unindented(plain(ask)).trim();
  const inside = shown.startsWith('`') ? fenced.exec(shown) : null;
  const text = withoutRepeats(inside?.[1] ?? inside?.[2] ?? shown);
  let core = text;
  for (let round = 0; round < roundsMax; round++) {
    const less = withoutTail(withoutHead(core));
    if (less.length === core.length) break;
    core = less;
  }
  return /[\p{L}\p{N}]/u.test(core) ? core : text;
}

/** Enough for a few wrappers on each side; what is left of a ladder of them is read. */
const roundsMax = 8;
const gluedMax = 120;
/** Fewer words could be a title. */
const gluedWordsMin = 5;
/** Longer sentences are content. */
const sentenceMax = 240;

/** Tags and words by which templates and harnesses tell who speaks. */
const templateBefore =
  /^(?:<\|[^|>\n]{1,40}\|>(?:system|user|assistant)?|<\/?(?:system|instructions?|prompt|user|query|question|task|input|s)(?:\s[^>\n]{0,80})?>|<<\/?SYS>>|\[\/?INST\]|(?:human|user|system|assistant|query|prompt|input|q)\s?:|(?:[.,;:!?*#~•·…]|\p{Extended_Pictographic}|\ufe0f|[-=+]{3,})+)\s*/iu;
const templateAfter =
  /\s*(?:<\|[^|>\n]{1,40}\|>|<\/?(?:system|instructions?|prompt|user|query|question|task|input|s)>|<<\/?SYS>>|\[\/?INST\]|\n(?:assistant|response|output)\s?:|(?:\p{Extended_Pictographic}|\ufe0f|\s[?!]{2,}|\s[(){}[\];]{6,}|\s[([](?:note|n\.?b\.?|p\.?s\.?)?\s?:?|[-=+~*#]{3,})+)$/iu;
/** A fence without a language around everything. */
const fenced = /^(?:```\n([^`]*)\n```|`([^`]+)`)$/;

function withoutHead(text: string): string {
  const template = templateBefore.exec(text);
  if (template !== null && template[0].length < text.length) return text.slice(template[0].length);
  const odd = gibberishBefore(text);
  if (odd > 0) return text.slice(odd).trimStart();
  const end = firstSentence(text);
  return end > 0 && isWrapper(text.slice(0, end)) ? text.slice(end).trimStart() : text;
}

function withoutTail(text: string): string {
  const template = templateAfter.exec(text.slice(-60));
  if (template !== null && template[0].length < text.length) return text.slice(0, -template[0].length);
  const odd = gibberishAfter(text);
  if (odd < text.length) return text.slice(0, odd).trimEnd();
  const start = lastSentence(text);
  if (start < text.length && !isOption(text, start) && isWrapper(text.slice(start))) {
    return text.slice(0, start).trimEnd();
  }
  return withoutGlued(text);
}

/** Without a last sentence about the asking behind one that has no mark at its end, as the last of a list of options. */
function withoutGlued(text: string): string {
  const from = Math.max(0, text.length - gluedMax);
  for (const { index } of text.slice(from).matchAll(/ (?=[A-Z][a-z']* [a-z])/g)) {
    const sentence = text.slice(from + index);
    if (sentence.split(' ').length <= gluedWordsMin || isOption(text, from + index)) continue;
    if (isWrapper(sentence)) return text.slice(0, from + index).trimEnd();
  }
  return text;
}

/** An answer option may well be «It is not possible»: what follows its mark is content. */
function isOption(text: string, start: number): boolean {
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const mark = /^\s*\(?[a-z0-9]{1,2}[.):](?:\s|$)/i.exec(text.slice(line, line + 12));
  return mark !== null && line + mark[0].trimEnd().length >= start - 1;
}

/** Where the first sentence ends, with the marks and blanks behind it; 0 where there is no other. */
function firstSentence(text: string): number {
  const end = /\n|<<?\/[^<>\n]{1,40}>{1,2}|[.!?:]+["')\]]*(?=\s)|[。！？：!?】]+/u.exec(
    text.slice(0, sentenceMax),
  );
  return end === null ? 0 : end.index + end[0].length;
}

/** Where the last sentence begins; the length of the text where there is no other. */
function lastSentence(text: string): number {
  const from = Math.max(0, text.length - sentenceMax);
  const tail = text.slice(from, -1);
  let start = -1;
  for (const end of tail.matchAll(/\n|[.!?:]+["')\]]*(?=\s)|[。！？：!?]+/gu))
    start = end.index + end[0].length;
  return start < 0 ? text.length : from + start;
}

/** Text that is indented as a whole is pasted from somewhere: its first line stands for all. */
function unindented(text: string): string {
  const indent = /^[ \t]+(?=\S)/.exec(text)?.[0];
  if (indent === undefined) return text;
  const lines = text.split('\n');
  const whole = lines.every((line) => line.startsWith(indent) || line.trim() === '');
  return whole ? lines.map((line) => line.slice(indent.length)).join('\n') : text;
}

/** Lines this long do not stand twice in what a person asks, but where somebody repeats it. */
const repeatMin = 24;

function withoutRepeats(text: string): string {
  if (!text.includes('\n')) return text;
  const lines = text.split('\n');
  const seen = new Set<string>();
  const kept = lines.filter((line) => {
    if (line.length < repeatMin) return true;
    if (seen.has(line)) return false;
    seen.add(line);
    return true;
  });
  return kept.length === lines.length ? text : kept.join('\n').trim();
}
