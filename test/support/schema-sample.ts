import { isObject, type Json } from '../../src/protocol/index.ts';

const depthMax = 8;

/** A small value that satisfies the common part of JSON Schema: what a cooperative model would fill in. */
export function sampleOf(schema: unknown, depth = 0): Json {
  if (!isObject(schema) || depth > depthMax) return {};
  if ('const' in schema) return schema['const'] as Json;
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as Json;
  for (const union of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[union];
    if (Array.isArray(options) && options.length > 0) return sampleOf(options[0], depth + 1);
  }
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return 'sample'.padEnd(Number(schema['minLength'] ?? 0), '.');
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.max(1, Number(schema['minItems'] ?? 1)) }, () =>
        sampleOf(schema['items'], depth + 1),
      );
    default:
      return sampleObject(schema, depth);
  }
}

function sampleObject(schema: { [key: string]: unknown }, depth: number): Json {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, sampleOf(inner, depth + 1)]),
  );
}
