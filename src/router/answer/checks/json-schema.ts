import { isObject, type JsonObject } from '../../../protocol/index.ts';
import { testPattern } from './safe-pattern.ts';

/*
 * Client schemas are untrusted, so they are interpreted: validators that compile schemas to code or to regular expressions run what a
 * client wrote. The keywords that models are given are covered (drafts 7 and 2020-12); others, `format` included, say nothing here. What cannot be
 * decided within bounds is left undecided rather than called wrong.
 */

/** Schemas visited for one value. */
const stepsMax = 20_000;
const depthMax = 64;
const uniqueItemsMax = 200;

class Undecided extends Error {}

interface Walk {
  root: JsonObject;
  steps: number;
}

/** Undefined where the bounds were reached or a reference leads out of the schema. */
export function matchesSchema(value: unknown, schema: JsonObject): boolean | undefined {
  try {
    return matches(value, schema, { root: schema, steps: 0 }, 0);
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

function matches(value: unknown, schema: unknown, walk: Walk, depth: number): boolean {
  walk.steps += 1;
  if (walk.steps > stepsMax || depth > depthMax) throw new Undecided();
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) return true;
  const inner = (next: unknown, sub: unknown) => matches(next, sub, walk, depth + 1);
  // The OpenAPI spelling of «or null».
  if (value === null && schema['nullable'] === true) return true;
  if (typeof schema['$ref'] === 'string' && !inner(value, resolve(schema['$ref'], walk.root))) return false;
  if (!matchesType(value, schema['type'])) return false;
  if (Object.hasOwn(schema, 'const') && !isEqual(value, schema['const'], walk)) return false;
  const options = schema['enum'];
  if (Array.isArray(options) && !options.some((option) => isEqual(value, option, walk))) return false;
  if (!matchesCombined(value, schema, inner)) return false;
  if (typeof value === 'number') return matchesNumber(value, schema);
  if (typeof value === 'string') return matchesString(value, schema);
  if (Array.isArray(value)) return matchesArray(value, schema, inner, walk);
  return !isObject(value) || matchesObject(value, schema, inner);
}

type Inner = (value: unknown, schema: unknown) => boolean;

/** Only references within the schema: `#`, `#/$defs/name`. */
function resolve(reference: string, root: JsonObject): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) throw new Undecided();
  let at: unknown = root;
  for (const segment of reference.slice(2).split('/')) {
    const key = decodeURIComponentSafely(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else throw new Undecided();
  }
  return at;
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Undecided();
  }
}

function matchesType(value: unknown, type: unknown): boolean {
  if (typeof type === 'string') return hasType(value, type);
  return !Array.isArray(type) || type.length === 0 || type.some((one) => hasType(value, one));
}

/** Names that JSON Schema does not know (some clients write `dict`) say nothing; some dialects write them in capitals. */
function hasType(value: unknown, type: unknown): boolean {
  switch (String(type).toLowerCase()) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return true;
  }
}

function matchesCombined(value: unknown, schema: JsonObject, inner: Inner): boolean {
  const { allOf, anyOf, oneOf, not } = schema;
  if (Array.isArray(allOf) && !allOf.every((sub) => inner(value, sub))) return false;
  if (Array.isArray(anyOf) && anyOf.length > 0 && !anyOf.some((sub) => inner(value, sub))) return false;
  if (Array.isArray(oneOf) && oneOf.length > 0 && oneOf.filter((sub) => inner(value, sub)).length !== 1) {
    return false;
  }
  if (not !== undefined && inner(value, not)) return false;
  if (schema['if'] === undefined) return true;
  const branch = inner(value, schema['if']) ? schema['then'] : schema['else'];
  return branch === undefined || inner(value, branch);
}

function matchesNumber(value: number, schema: JsonObject): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    return false;
  }
  if (typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    return false;
  }
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) return false;
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) return false;
  if (typeof multipleOf !== 'number' || multipleOf <= 0) return true;
  // 0.3 is a multiple of 0.1 to whoever wrote the schema.
  const quotient = value / multipleOf;
  const whole = Math.round(quotient);
  return Math.abs(quotient - whole) <= 1e-9 * Math.abs(whole);
}

function matchesString(value: string, schema: JsonObject): boolean {
  const { minLength, maxLength, pattern } = schema;
  if (typeof minLength === 'number' || typeof maxLength === 'number') {
    // Length counts characters, not UTF-16 units.
    let length = 0;
    for (const _ of value) length += 1;
    if (typeof minLength === 'number' && length < minLength) return false;
    if (typeof maxLength === 'number' && length > maxLength) return false;
  }
  return typeof pattern !== 'string' || testPattern(pattern, value) !== false;
}

function matchesArray(value: unknown[], schema: JsonObject, inner: Inner, walk: Walk): boolean {
  const { minItems, maxItems, uniqueItems, contains } = schema;
  if (typeof minItems === 'number' && value.length < minItems) return false;
  if (typeof maxItems === 'number' && value.length > maxItems) return false;
  if (uniqueItems === true && hasTwins(value, walk)) return false;
  if (contains !== undefined && schema['minContains'] !== 0 && !value.some((item) => inner(item, contains))) {
    return false;
  }
  // Draft 7 writes a list under `items` and the rest under `additionalItems`.
  const first = Array.isArray(schema['items']) ? schema['items'] : schema['prefixItems'];
  const rest = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items'];
  const heads = Array.isArray(first) ? first : [];
  return value.every((item, i) =>
    i < heads.length ? inner(item, heads[i]) : rest === undefined || inner(item, rest),
  );
}

function hasTwins(value: unknown[], walk: Walk): boolean {
  if (value.length > uniqueItemsMax) throw new Undecided();
  return value.some((item, i) => value.slice(i + 1).some((other) => isEqual(item, other, walk)));
}

function matchesObject(value: JsonObject, schema: JsonObject, inner: Inner): boolean {
  const keys = Object.keys(value);
  const { required, minProperties, maxProperties, propertyNames } = schema;
  if (
    Array.isArray(required) &&
    required.some((key) => typeof key === 'string' && !Object.hasOwn(value, key))
  ) {
    return false;
  }
  if (typeof minProperties === 'number' && keys.length < minProperties) return false;
  if (typeof maxProperties === 'number' && keys.length > maxProperties) return false;
  if (propertyNames !== undefined && !keys.every((key) => inner(key, propertyNames))) return false;
  if (!hasDependents(value, schema['dependentRequired'])) return false;
  return keys.every((key) => matchesProperty(key, value[key], schema, inner));
}

function hasDependents(value: JsonObject, dependents: unknown): boolean {
  if (!isObject(dependents)) return true;
  return Object.entries(dependents).every(
    ([key, needed]) =>
      !Object.hasOwn(value, key) ||
      !Array.isArray(needed) ||
      needed.every((name) => typeof name !== 'string' || Object.hasOwn(value, name)),
  );
}

function matchesProperty(key: string, value: unknown, schema: JsonObject, inner: Inner): boolean {
  const { properties, patternProperties, additionalProperties } = schema;
  let known = false;
  if (isObject(properties) && Object.hasOwn(properties, key)) {
    known = true;
    if (!inner(value, properties[key])) return false;
  }
  if (isObject(patternProperties)) {
    for (const [pattern, sub] of Object.entries(patternProperties)) {
      const matched = testPattern(pattern, key);
      // Whether the key is additional cannot be said either.
      if (matched === undefined) throw new Undecided();
      if (!matched) continue;
      known = true;
      if (!inner(value, sub)) return false;
    }
  }
  return known || additionalProperties === undefined || inner(value, additionalProperties);
}

function isEqual(one: unknown, other: unknown, walk: Walk): boolean {
  walk.steps += 1;
  if (walk.steps > stepsMax) throw new Undecided();
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, i) => isEqual(item, other[i], walk));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key], walk))
  );
}
