import { isObject, type JsonObject } from '../../json.ts';
import { camelFields } from './spelling.ts';

/** Counts, which Google's JSON writes as strings because they are 64-bit. */
const counts: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);

/** The subset of an OpenAPI schema that this dialect has of its own, as JSON Schema. What JSON Schema lacks is left out. */
export function jsonSchemaOf(schema: JsonObject): JsonObject {
  const result: JsonObject = {};
  const { nullable, propertyOrdering: _, example, ...fields } = camelFields(schema);
  for (const [key, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (key === 'type') result[key] = typeof value === 'string' ? value.toLowerCase() : value;
    else if (key === 'properties' && isObject(value)) {
      result[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inside(inner)]));
    } else if (key === 'items' || key === 'anyOf') result[key] = inside(value);
    else if (counts.has(key) && typeof value === 'string') result[key] = Number(value);
    else if (key !== 'format' || value !== 'enum') result[key] = value;
  }
  if (example !== undefined) result['examples'] = [example];
  return nullable === true ? orNull(result) : result;
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  return isObject(value) ? jsonSchemaOf(value) : value;
}

function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}
