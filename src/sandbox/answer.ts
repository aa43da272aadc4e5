import { isObject, type Json } from '../protocol/index.ts';
import { findSum, slipOf } from './arithmetic.ts';
import type { Ask, ToolResult } from './ask.ts';
import { languageOf } from './language.ts';
import { type Mentions, mentionsOf } from './mentions.ts';
import { type Phrases, phrases } from './phrases.ts';
import type { Random } from './random.ts';
import { valueFor } from './schema-value.ts';
import { type ToolCall, toolCallsFor } from './tool-calls.ts';

/** What the simulated model will say, before limits and stop sequences cut it. */
export interface Answer {
  reasoning: string;
  text: string;
  calls: ToolCall[];
}

const echoCharsMax = 160;
const resultCharsMax = 400;
const listItemsMax = 20;

/** Makes the answer: the same for the same ask and the same numbers, whenever it is asked. */
export function answerTo(ask: Ask, random: Random, nowMs: number): Answer {
  const words = phrases[languageOf(ask.text)];
  const mentions = mentionsOf(ask.text);
  const reasoning = reasoningOf(ask, words);
  const calls = toolCallsFor(ask, mentions, random, nowMs);
  if (calls !== undefined) return { reasoning, text: '', calls };
  switch (ask.format.kind) {
    case 'schema': {
      const value = valueFor(ask.format.schema, { text: ask.text, mentions, random, nowMs });
      return { reasoning, text: JSON.stringify(value), calls: [] };
    }
    case 'json':
      return { reasoning, text: JSON.stringify(looseObject(ask, mentions, random, nowMs)), calls: [] };
    case 'text':
      return { reasoning, text: plainText(ask, words, mentions, random), calls: [] };
  }
}

function plainText(ask: Ask, words: Phrases, mentions: Mentions, random: Random): string {
  const lines = [words.answered(ask.profile.name, echoOf(ask.text))];
  const sum = solvedSum(ask, random);
  if (sum !== undefined) lines.push(words.sum(sum.expression, sum.value));
  for (const result of ask.toolResults) lines.push(words.used(result.name, readable(result)));
  for (const image of ask.images.slice(0, listItemsMax)) lines.push(words.image(image));
  if (ask.files > 0) lines.push(words.files(ask.files));
  const facts = [...mentions.emails, ...mentions.urls, ...mentions.dates];
  if (facts.length > 0 && ask.toolResults.length === 0) lines.push(words.found(facts.join(', ')));
  const items = wantedItems(ask.text);
  if (items > 0)
    lines.push(
      Array.from({ length: items }, (_, index) =>
        words.listItem(index + 1, echoOf(ask.text).slice(0, 40)),
      ).join('\n'),
    );
  if (/\b(code|function|python|javascript|typescript|sql)\b|代码|コード|코드/i.test(ask.text.slice(0, 2000)))
    lines.push(words.code);
  if (lines.length === 1) lines.push(words.closing);
  return lines.join('\n\n');
}

/** Right for strong models; a weak one slips on hard sums, on the same ones every time. */
function solvedSum(ask: Ask, random: Random): { expression: string; value: string } | undefined {
  const sum = findSum(ask.text);
  if (sum === undefined) return undefined;
  const effort = ask.reasoning === 'off' ? 0 : ask.reasoning === 'high' ? 0.2 : 0.1;
  const ability = Math.min(1, ask.profile.ability + effort);
  const slipChance = Math.max(0, Math.min(0.9, (sum.difficulty - (ability - 0.25)) * 3 * (1.02 - ability)));
  const slips = random() < slipChance;
  return { expression: sum.expression, value: slips ? slipOf(sum.value, random) : sum.value };
}

function reasoningOf(ask: Ask, words: Phrases): string {
  if (ask.reasoning === 'off') return '';
  const thoughts = words.thought(echoOf(ask.text));
  const repeats = { low: 0, medium: 1, high: 3 }[ask.reasoning];
  const kept = ask.reasoning === 'low' ? thoughts.slice(0, 2) : thoughts;
  return [kept, ...Array.from({ length: repeats }, () => thoughts.slice(1))].flat().join(' ');
}

function echoOf(text: string): string {
  const plain = text
    .slice(0, echoCharsMax * 4)
    .replace(/\s+/g, ' ')
    .trim();
  const chars = [...plain];
  return chars.length <= echoCharsMax ? plain : `${chars.slice(0, echoCharsMax).join('')}…`;
}

/** «List three …», «列出5个…»: how many points to make. */
function wantedItems(text: string): number {
  const found =
    /\b(?:list|name|give me|write)\s+(?:me\s+)?(\d{1,2}|two|three|four|five|ten)\b|(?:列出|列举|给出)\s*(\d{1,2}|[两三四五十])\s*[个条点]/i.exec(
      text.slice(0, 2000),
    );
  const word = (found?.[1] ?? found?.[2] ?? '').toLowerCase();
  const spelt: { [word: string]: number } = {
    two: 2,
    three: 3,
    four: 4,
    five: 5,
    ten: 10,
    两: 2,
    三: 3,
    四: 4,
    五: 5,
    十: 10,
  };
  return Math.min(listItemsMax, spelt[word] ?? (word === '' ? 0 : Number(word)));
}

/** A tool's result in words: the leading fields of an object, else its text. */
function readable(result: ToolResult): string {
  const text = result.text.trim();
  if (text.length < 20_000) {
    try {
      const value: unknown = JSON.parse(text);
      if (isObject(value)) {
        const fields = Object.entries(value).slice(0, 8);
        return fields
          .map(([key, field]) => `${key}: ${typeof field === 'string' ? field : JSON.stringify(field)}`)
          .join(', ')
          .slice(0, resultCharsMax);
      }
    } catch {
      // Not JSON: tools may say anything.
    }
  }
  return text.slice(0, resultCharsMax);
}

/** Keys that want a number. */
const numericKey =
  /count|total|^age$|_age$|number|amount|price|year|population|size|score|quantity|temperature|percent/i;

/** JSON mode names no schema: the quoted words of the prompt are taken for the wanted keys. */
function looseObject(ask: Ask, mentions: Mentions, random: Random, nowMs: number): { [key: string]: Json } {
  const quoted = [...ask.prompt.slice(-4000).matchAll(/["'`“]([A-Za-z_][A-Za-z0-9_]{0,30})["'`”]/g)].map(
    (match) => match[1]!,
  );
  const keys = [...new Set(quoted)].slice(0, 12);
  const sum = solvedSum(ask, random);
  if (keys.length === 0) return { answer: sum?.value ?? echoOf(ask.text), simulated: true };
  const properties = Object.fromEntries(
    keys.map((key) => [key, { type: numericKey.test(key) ? 'number' : 'string' }]),
  );
  const others = { ...mentions, names: mentions.names.filter((name) => !keys.includes(name)) };
  const made = valueFor(
    { type: 'object', properties, required: keys },
    { text: ask.text, mentions: others, random, nowMs },
  );
  return isObject(made) ? (made as { [key: string]: Json }) : {};
}
