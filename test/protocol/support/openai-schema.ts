import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { isObject } from '../../../src/protocol/index.ts';

const file = join(import.meta.dirname, '../../../../shared/data/specs/openai.openapi.json');

export const schemaMissing = existsSync(file) ? false : 'the published OpenAI schema is not on this machine';

/** Compiles published component schemas. */
export function openAiSchemas(names: readonly string[]): { [name: string]: ValidateFunction } {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { components: { schemas: object } };
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  ajv.addSchema({ $id: 'openai', components: { schemas: nullable(document.components.schemas) } });
  return Object.fromEntries(
    names.map((name) => [name, ajv.compile({ $ref: `openai#/components/schemas/${name}` })]),
  );
}

/** `nullable` is OpenAPI 3.0's word, which JSON Schema does not know and which beside `$ref` says nothing to ajv. */
function nullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(nullable);
  if (!isObject(schema)) return schema;
  const { nullable: orNull, ...rest } = schema;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, nullable(value)]));
  return orNull === true ? { anyOf: [plain, { type: 'null' }] } : plain;
}
