import { isObject, type Json, type JsonObject } from '../protocol/index.ts';
import type { Mentions } from './mentions.ts';
import { textFromPattern } from './pattern-text.ts';
import type { Random } from './random.ts';

/** What values are made from. */
export interface SchemaContext {
  /** The user's ask. */
  text: string;
  mentions: Mentions;
  random: Random;
  /** Today, for dates nobody named. */
  nowMs: number;
}

/** Beyond these everything is as small as the schema allows; beyond the second number nothing more is made, valid or not. */
const nodesMax = 3000;
const nodesStop = 8000;
const comfortableDepth = 6;
const depthMax = 40;
const allOfDepthMax = 4;
const allOfPartsMax = 16;
const stringCharsMax = 4000;
const arrayItemsMax = 500;
const uniqueTriesMax = 20;

/**
 * A value that fits a JSON schema, made from what the user wrote where the schema leaves room. Knows types, enum, const, $ref,
 * anyOf, oneOf, allOf, bounds, formats and nesting; conditions (`if`, `not`) are not looked at.
 */
export function valueFor(schema: JsonObject, context: SchemaContext): Json {
  return new SchemaFiller(schema, context).value(schema, '', 0);
}

class SchemaFiller {
  private readonly root: JsonObject;
  private readonly context: SchemaContext;
  private nodes = 0;
  private nextName = 0;
  private nextNumber = 0;

  constructor(root: JsonObject, context: SchemaContext) {
    this.root = root;
    this.context = context;
  }

  value(given: unknown, name: string, depth: number): Json {
    this.nodes += 1;
    if (this.nodes > nodesStop) return '';
    if (depth > depthMax || given === true || !isObject(given)) return this.words(name);
    const schema = this.resolved(given);
    if ('const' in schema) return schema['const'] as Json;
    const choices = schema['enum'];
    if (Array.isArray(choices) && choices.length > 0) return this.chosen(choices as Json[]);
    for (const key of ['anyOf', 'oneOf']) {
      const branches = schema[key];
      if (Array.isArray(branches) && branches.length > 0) {
        return this.value(
          merged({ ...schema, [key]: undefined }, this.branch(branches, depth)),
          name,
          depth + 1,
        );
      }
    }
    if (Array.isArray(schema['examples']) && schema['examples'].length > 0)
      return schema['examples'][0] as Json;
    switch (this.typeOf(schema, depth)) {
      case 'null':
        return null;
      case 'boolean':
        return this.truth(name);
      case 'integer':
        return this.number(schema, name, true);
      case 'number':
        return this.number(schema, name, false);
      case 'array':
        return this.array(schema, name, depth);
      case 'object':
        return this.object(schema, depth);
      default:
        return this.string(schema, name);
    }
  }

  /** Follows references within the schema and folds `allOf` in; one that contains itself is left at some depth. */
  private resolved(schema: JsonObject, depth = 0): JsonObject {
    let current = schema;
    for (let hop = 0; hop < depthMax && typeof current['$ref'] === 'string'; hop++) {
      const { $ref: reference, ...beside } = current;
      const target = this.pointed(String(reference));
      if (target === undefined) break;
      current = { ...target, ...beside };
    }
    const parts = current['allOf'];
    if (!Array.isArray(parts) || depth > allOfDepthMax) return current;
    let whole: JsonObject = { ...current, allOf: undefined };
    for (const part of parts.filter(isObject).slice(0, allOfPartsMax)) {
      whole = merged(whole, this.resolved(part, depth + 1));
    }
    return whole;
  }

  private pointed(reference: string): JsonObject | undefined {
    if (reference === '#') return this.root;
    if (!reference.startsWith('#/')) return undefined;
    let at: unknown = this.root;
    for (const step of reference.slice(2).split('/')) {
      const key = decodeURIComponentSafe(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = isObject(at) || Array.isArray(at) ? (at as JsonObject)[key] : undefined;
    }
    return isObject(at) ? at : undefined;
  }

  private get exhausted(): boolean {
    return this.nodes > nodesMax;
  }

  /** The first branch that is not null; deep down the smallest one, so that recursive schemas end. */
  private branch(branches: unknown[], depth: number): unknown {
    const isNull = (branch: unknown) => isObject(branch) && branch['type'] === 'null';
    const deep = depth > comfortableDepth || this.exhausted;
    if (deep) {
      const small = branches.find(
        (branch) => isNull(branch) || (isObject(branch) && isScalar(this.resolved(branch))),
      );
      if (small !== undefined) return small;
    }
    return branches.find((branch) => !isNull(branch)) ?? branches[0];
  }

  private typeOf(schema: JsonObject, depth: number): string {
    const type = schema['type'];
    if (Array.isArray(type)) {
      const deep = depth > comfortableDepth || this.exhausted;
      const first = type.find((each) => each !== 'null');
      return String(deep && type.includes('null') ? 'null' : (first ?? 'null'));
    }
    if (typeof type === 'string') return type;
    if (isObject(schema['properties']) || schema['additionalProperties'] !== undefined) return 'object';
    if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'array';
    if (schema['minimum'] !== undefined || schema['maximum'] !== undefined) return 'number';
    return 'string';
  }

  private object(schema: JsonObject, depth: number): Json {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
    const small = depth >= comfortableDepth || this.exhausted;
    const made: { [key: string]: Json } = {};
    for (const [key, property] of Object.entries(properties)) {
      if (required.has(key) || !small) define(made, key, this.value(property, key, depth + 1));
    }
    for (const key of required) {
      if (typeof key === 'string' && !Object.hasOwn(made, key)) {
        define(made, key, this.value(schema['additionalProperties'], key, depth + 1));
      }
    }
    const others = schema['additionalProperties'];
    const least =
      whole(schema['minProperties']) ??
      (isObject(others) && Object.keys(properties).length === 0 && !small ? 1 : 0);
    for (let index = 0; Object.keys(made).length < Math.min(least, 20) && index < 40; index++) {
      const key = this.context.mentions.names[index] ?? `key${index + 1}`;
      define(made, key, this.value(others, key, depth + 1));
    }
    return made;
  }

  private array(schema: JsonObject, name: string, depth: number): Json {
    const prefix = Array.isArray(schema['prefixItems'])
      ? schema['prefixItems']
      : Array.isArray(schema['items'])
        ? schema['items']
        : [];
    const made: Json[] = prefix.slice(0, arrayItemsMax).map((item) => this.value(item, name, depth + 1));
    const least = whole(schema['minItems']) ?? 0;
    const most = whole(schema['maxItems']) ?? Number.POSITIVE_INFINITY;
    const item = Array.isArray(schema['items']) ? undefined : schema['items'];
    const closed = item === false || (item === undefined && prefix.length > 0);
    const small = depth >= comfortableDepth || this.exhausted;
    const wish = small ? least : Math.max(2, Math.min(this.context.mentions.names.length, 5));
    const size = closed ? made.length : Math.min(Math.max(least, Math.min(wish, most)), arrayItemsMax);
    const singular = name.replace(/s$/, '');
    while (made.length < size) {
      const next = this.value(item, singular, depth + 1);
      made.push(
        schema['uniqueItems'] === true
          ? this.unlike(made, next, () => this.value(item, singular, depth + 1))
          : next,
      );
    }
    return made.slice(0, most === Number.POSITIVE_INFINITY ? undefined : most);
  }

  /** Another value while this one is there already; numbers and texts are counted on when chance does not help. */
  private unlike(made: Json[], value: Json, again: () => Json): Json {
    const seen = new Set(made.map((each) => JSON.stringify(each)));
    let next = value;
    for (let tries = 0; seen.has(JSON.stringify(next)) && tries < uniqueTriesMax; tries++) {
      if (typeof next === 'number') next += 1;
      else if (tries < 3) next = again();
      else if (typeof next === 'string') next = `${next} ${made.length + 1}`;
      else next = again();
    }
    return next;
  }

  private string(schema: JsonObject, name: string): Json {
    const least = whole(schema['minLength']) ?? 0;
    const most = Math.min(whole(schema['maxLength']) ?? stringCharsMax, stringCharsMax);
    const formatted = typeof schema['format'] === 'string' ? this.formatted(schema['format']) : undefined;
    if (formatted !== undefined) return formatted;
    if (typeof schema['pattern'] === 'string') return textFromPattern(schema['pattern'], this.context.random);
    if (
      typeof schema['default'] === 'string' &&
      schema['default'].length >= least &&
      schema['default'].length <= most
    ) {
      return schema['default'];
    }
    const text = [...this.words(name)].slice(0, most).join('');
    return text.length >= least
      ? text
      : text.padEnd(Math.min(least, stringCharsMax), `${text === '' ? 'simulated' : ` ${text}`}`);
  }

  private formatted(format: string): string | undefined {
    const { mentions, nowMs, random } = this.context;
    const today = new Date(nowMs).toISOString();
    switch (format) {
      case 'date':
        return mentions.dates[0] ?? today.slice(0, 10);
      case 'date-time':
        return mentions.dates[0] === undefined ? `${today.slice(0, 19)}Z` : `${mentions.dates[0]}T09:00:00Z`;
      case 'time':
        return '09:00:00Z';
      case 'duration':
        return 'PT1H';
      case 'email':
        return mentions.emails[0] ?? 'user@example.com';
      case 'uri':
      case 'url':
      case 'uri-reference':
        return mentions.urls[0] ?? 'https://example.com/';
      case 'hostname':
        return 'example.com';
      case 'ipv4':
        return '192.0.2.1';
      case 'ipv6':
        return '2001:db8::1';
      case 'uuid': {
        const hex = () => Math.floor(random() * 16).toString(16);
        const run = (digits: number) => Array.from({ length: digits }, hex).join('');
        return `${run(8)}-${run(4)}-4${run(3)}-8${run(3)}-${run(12)}`;
      }
      default:
        return undefined;
    }
  }

  private number(schema: JsonObject, name: string, integer: boolean): number {
    const step = finite(schema['multipleOf']) ?? (integer ? 1 : undefined);
    const unit = step ?? 0.01;
    const low = Math.max(
      finite(schema['minimum']) ?? Number.NEGATIVE_INFINITY,
      above(schema['exclusiveMinimum'], unit),
    );
    const high = Math.min(
      finite(schema['maximum']) ?? Number.POSITIVE_INFINITY,
      below(schema['exclusiveMaximum'], unit),
    );
    const share = /confidence|score|probab|ratio|weight|likelihood/i.test(name) && !integer;
    const mentioned = share ? undefined : this.context.mentions.numbers[this.nextNumber];
    if (mentioned !== undefined) this.nextNumber += 1;
    const free = share
      ? 0.5 + Math.floor(this.context.random() * 50) / 100
      : 1 + Math.floor(this.context.random() * 10);
    const wish = mentioned ?? free;
    let value =
      wish >= low && wish <= high
        ? wish
        : (finite(schema['default']) ?? within(low, high, this.context.random()));
    if (step !== undefined && step > 0) {
      value = Math.round(value / step) * step;
      if (value < low) value = Math.ceil(low / step) * step;
      if (value > high) value = Math.floor(high / step) * step;
    }
    value = Math.min(Math.max(value, low), high);
    return integer ? Math.round(value) : Number(value.toPrecision(12));
  }

  private truth(name: string): boolean {
    const asked = this.context.text.toLowerCase();
    const words = name
      .toLowerCase()
      .split(/[_\s-]/)
      .filter((word) => word.length > 3);
    return words.some((word) => asked.includes(word)) || this.context.random() < 0.5;
  }

  /** The value that the ask mentions, else one by chance. */
  private chosen(choices: Json[]): Json {
    const asked = this.context.text.toLowerCase();
    const named = choices.find(
      (choice) => typeof choice === 'string' && choice !== '' && asked.includes(choice.toLowerCase()),
    );
    return named ?? choices[Math.floor(this.context.random() * choices.length)] ?? null;
  }

  /** A text that suits a field of this name. */
  private words(name: string): string {
    const { text, mentions } = this.context;
    const ask = text.trim().replace(/\s+/g, ' ').slice(0, 200);
    if (
      /query|question|prompt|input|message|content|^text$|^q$|topic|task|goal|summary|description|reason|explanation|answer|body|note/i.test(
        name,
      )
    ) {
      return ask === '' ? 'simulated' : ask;
    }
    if (/email/i.test(name)) return mentions.emails[0] ?? 'user@example.com';
    if (/url|link|uri/i.test(name)) return mentions.urls[0] ?? 'https://example.com/';
    if (/date|^day$/i.test(name))
      return mentions.dates[0] ?? new Date(this.context.nowMs).toISOString().slice(0, 10);
    if (/expression|formula/i.test(name))
      return /[\d(][\d\s+*/().^-]{2,60}/.exec(text.slice(0, 500))?.[0]?.trim() ?? ask;
    if (/(^|_)id$/i.test(name)) return `sim-${1000 + Math.floor(this.context.random() * 9000)}`;
    const found = mentions.names[this.nextName % Math.max(1, mentions.names.length)];
    if (found !== undefined) {
      this.nextName += 1;
      return found;
    }
    return ask === '' ? `simulated ${name}`.trim() : ask.slice(0, 60);
  }
}

function define(target: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function merged(whole: JsonObject, part: unknown): JsonObject {
  if (!isObject(part)) return whole;
  const properties = {
    ...(isObject(whole['properties']) ? whole['properties'] : {}),
    ...(isObject(part['properties']) ? part['properties'] : {}),
  };
  const required = [...listed(whole['required']), ...listed(part['required'])];
  return {
    ...whole,
    ...part,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  };
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isScalar(schema: JsonObject): boolean {
  return (
    ['string', 'number', 'integer', 'boolean', 'null'].includes(String(schema['type'])) ||
    'const' in schema ||
    'enum' in schema
  );
}

function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function above(bound: unknown, unit: number): number {
  const value = finite(bound);
  return value === undefined ? Number.NEGATIVE_INFINITY : value + unit;
}

function below(bound: unknown, unit: number): number {
  const value = finite(bound);
  return value === undefined ? Number.POSITIVE_INFINITY : value - unit;
}

function within(low: number, high: number, share: number): number {
  const from = Number.isFinite(low) ? low : Math.min(0, high);
  const to = Number.isFinite(high) ? high : from + 10;
  return from + share * (to - from);
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
