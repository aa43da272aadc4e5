import { isObject } from '../../protocol/index.ts';

/** Deeper than any configuration a person wrote. */
const depthMax = 40;
const nodesMax = 2_000_000;

/** Shorter texts are not looked for outside their own field: they would be found in ordinary words. */
const soughtCharsMin = 6;

const secretField =
  /(^|_)(api_?key|keys?|secret|token|password|passwd|credentials?|authorization|bearer|adc|ak|sk|license|dsn|webhook(_url)?|database_url|redis_url|salt|private_key_id|access_key_id)$/;
const noSecretField = /cost|per_token/;

/** Forms that keys of well-known vendors have, wherever they stand. */
const keyForm = /\b(?:sk-|sk_|pk-|gsk_|xai-|AIza|hf_|AKIA|ASIA|bce-v3\/|eyJ)[\w./+=-]{12,}/g;

/** What people write where a key is asked for and none is needed. */
const placeholder =
  /^(none|null|empty|na|n\/a|dummy|fake|any|anything|no-?key|not-?needed|not-?required|placeholder|x+|-+|sk-no-key-required)$/i;

/** A plain word is hardly a secret; replacing it elsewhere would spoil names. */
const plainWord = /^[a-z][a-z_-]{0,11}$/;

const tokenForm = /YUMENSECRET(\d+)X/;

/** A document without its secrets: a token stands in the place of each. */
export interface Withdrawn {
  document: unknown;
  secrets: Secrets;
  /** Where the document refers back to itself or is too deep: those parts are missing. */
  cut: string[];
}

/** The values taken out of a document. Nothing but `reveal` gives one back. */
export class Secrets {
  readonly #values: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** First characters → values that begin so, for a search that is linear in the text. */
  readonly #heads = new Map<string, string[]>();

  /** The token that stands for a value. */
  take(value: string): string {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#values.length;
      this.#values.push(value);
      this.#numbers.set(value, number);
      this.#seek(value);
    }
    return `YUMENSECRET${number}X`;
  }

  /** The value behind a token, to read its form (`key|region`); it must go nowhere. */
  reveal(token: string): string {
    return this.#values[Number(tokenForm.exec(token)?.[1] ?? -1)] ?? '';
  }

  /** The text with a token in the place of every secret that occurs in it. */
  conceal(text: string): string {
    if (this.#heads.size === 0 || text.length < soughtCharsMin) return text;
    let concealed = '';
    let done = 0;
    let at = 0;
    while (at + soughtCharsMin <= text.length) {
      const found = this.#heads
        .get(text.slice(at, at + soughtCharsMin))
        ?.find((value) => text.startsWith(value, at));
      if (found === undefined) at += 1;
      else {
        concealed += text.slice(done, at) + this.take(found);
        at += found.length;
        done = at;
      }
    }
    return concealed + text.slice(done);
  }

  #seek(value: string): void {
    if (value.length < soughtCharsMin || plainWord.test(value)) return;
    const head = value.slice(0, soughtCharsMin);
    const others = this.#heads.get(head) ?? [];
    // The longest first, for one may begin another.
    this.#heads.set(
      head,
      [...others, value].sort((a, b) => b.length - a.length),
    );
  }
}

/** Whether a text stands for a secret. */
export function isToken(text: string): boolean {
  return text.replace(tokenForm, '') === '' && text !== '';
}

/** The text without the tokens in it, for names. */
export function withoutTokens(text: string): string {
  return text.replace(new RegExp(tokenForm, 'g'), 'secret');
}

/** A plain word in the place of a key: taken for none where none is needed. */
export function isPlainWord(text: string): boolean {
  return plainWord.test(text);
}

/** The variable that a value refers to: `os.environ/NAME`, `${NAME}` or `{{NAME}}`. */
export function referenceOf(text: string): string | undefined {
  const found = /^(?:os\.environ\/(.+)|\$\{([\w-]+)\}|\{\{\s*([\w-]+)\s*\}\})$/.exec(text.trim());
  const name = found?.[1] ?? found?.[2] ?? found?.[3];
  if (name === undefined) return undefined;
  const plain = name.replace(/\W/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/**
 * Takes every secret out of a document before anything else reads it, so that no later step can repeat one. Throws an Error for a document
 * too large to be a configuration.
 */
export function withdrawSecrets(document: unknown): Withdrawn {
  const secrets = new Secrets();
  const cut: string[] = [];
  const budget = { nodes: nodesMax };
  const plain = copied(document, { path: '', above: [], cut, budget });
  collect(plain, '', secrets);
  return { document: concealed(plain, '', secrets), secrets, cut };
}

interface Place {
  path: string;
  above: unknown[];
  cut: string[];
  budget: { nodes: number };
}

/** A tree: YAML aliases may make a document refer to itself. */
function copied(value: unknown, place: Place): unknown {
  const { path, above, cut, budget } = place;
  budget.nodes -= 1;
  if (budget.nodes < 0) throw new Error('the file has more entries than any configuration');
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value) || above.length >= depthMax) {
    cut.push(path);
    return undefined;
  }
  const within = (field: string, item: unknown) =>
    copied(item, { path: `${path}${field}`, above: [...above, value], cut, budget });
  if (Array.isArray(value)) return value.map((item, index) => within(`[${index}]`, item));
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [field, within(path === '' ? field : `.${field}`, item)]),
  );
}

function collect(value: unknown, field: string, secrets: Secrets): void {
  if (Array.isArray(value)) for (const item of value) collect(item, field, secrets);
  else if (isObject(value)) for (const [name, item] of Object.entries(value)) collect(item, name, secrets);
  else if (typeof value === 'string') collectText(value, field, secrets);
  else if (typeof value === 'number' && isSecretField(field) && value > 999_999) secrets.take(String(value));
}

function collectText(text: string, field: string, secrets: Secrets): void {
  for (const [found] of text.matchAll(keyForm)) secrets.take(found);
  for (const part of addressSecrets(text)) secrets.take(part);
  const nested = nestedJson(text);
  if (nested !== undefined) collect(nested, field, secrets);
  if (!isSecretField(field)) return;
  for (const line of linesOf(text)) {
    if (referenceOf(line) !== undefined || placeholder.test(line)) continue;
    secrets.take(line);
    // Several parts of one credential: key and region, or id and secret.
    for (const part of line.split('|')) if (!isRegion(part)) secrets.take(part);
  }
}

/** User, password and query values of an address. */
function addressSecrets(text: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [];
  const parts = /^[a-z0-9+.-]+:\/\/(?:([^/@?#]*)@)?[^?#]*(?:\?([^#]*))?/i.exec(text);
  const user = parts?.[1]?.split(':') ?? [];
  const query = [...new URLSearchParams(parts?.[2] ?? '')]
    .filter(([name]) => /key|token|secret|sig|pass|code/i.test(name))
    .map(([, value]) => value);
  return [...user, ...query].filter((part) => part.length >= soughtCharsMin);
}

function concealed(value: unknown, field: string, secrets: Secrets): unknown {
  if (Array.isArray(value)) return value.map((item) => concealed(item, field, secrets));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        plainText(secrets.conceal(name)),
        concealed(item, name, secrets),
      ]),
    );
  }
  if (typeof value === 'number' && isSecretField(field) && value > 999_999)
    return secrets.take(String(value));
  if (typeof value !== 'string') return value;
  const nested = nestedJson(value);
  if (nested !== undefined && !isSecretField(field)) return JSON.stringify(concealed(nested, field, secrets));
  if (!isSecretField(field)) return plainText(secrets.conceal(value));
  return linesOf(value)
    .filter((line) => !placeholder.test(line))
    .map((line) => (referenceOf(line) === undefined ? secrets.take(line) : line))
    .join('\n');
}

/** Without control characters, which a terminal would obey, and without `${`, which our own configuration would expand. */
function plainText(text: string): string {
  const shown = Array.from(text, (char) => (char < ' ' || char === '\u007f' ? ' ' : char)).join('');
  return shown.replaceAll('${', '{');
}

function linesOf(text: string): string[] {
  const nested = nestedJson(text);
  if (Array.isArray(nested))
    return nested.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  // A credentials document is one secret, however many lines it has.
  if (nested !== undefined || text.includes('-----BEGIN')) return [text.trim()];
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function nestedJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isSecretField(field: string): boolean {
  const name = field
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return secretField.test(name) && !noSecretField.test(name);
}

/** The name of a region, e.g. `us-east-1`, is no secret. */
function isRegion(part: string): boolean {
  return /^[a-z]{2}(-[a-z]+)+-?\d?$/.test(part);
}
