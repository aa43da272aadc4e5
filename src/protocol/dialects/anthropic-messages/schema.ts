import { isObject, type JsonObject } from '../../json.ts';

/** Keywords that the upstream's constrained decoding refuses. What they say moves into the description, where the model reads it. */
const refused: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);

/** Keywords whose value maps names to schemas: the names are not keywords. */
const namedSchemas: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
]);
/** Keywords whose value is data. */
const data: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required']);

/** A schema as structured outputs of Messages take it: closed objects, and limits as words. */
export function closedSchema(schema: JsonObject): JsonObject {
  const result: JsonObject = {};
  const limits: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (refused.has(key)) limits.push(`${key}: ${JSON.stringify(value)}`);
    else if (data.has(key)) result[key] = value;
    else if (namedSchemas.has(key) && isObject(value)) {
      result[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
    } else result[key] = closed(value);
  }
  if (schema['type'] === 'object' || isObject(schema['properties'])) result['additionalProperties'] = false;
  if (limits.length > 0) {
    const described = typeof schema['description'] === 'string' ? `${schema['description']} ` : '';
    result['description'] = `${described}(${limits.join(', ')})`;
  }
  return result;
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  return isObject(value) ? closedSchema(value) : value;
}
