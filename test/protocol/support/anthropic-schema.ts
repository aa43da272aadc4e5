import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

/**
 * There is no published schema file of Messages, so it is made from the types of Anthropic's SDK, each time: closed objects, every
 * field that a type does not mark optional required. Making it takes some seconds.
 */
export function anthropicSchemas(names: readonly string[]): { [name: string]: ValidateFunction } {
  const sdk = dirname(createRequire(import.meta.url).resolve('@anthropic-ai/sdk'));
  const generator = createGenerator({
    path: join(sdk, 'resources/messages/messages.d.ts'),
    skipTypeCheck: true,
    expose: 'all',
    jsDoc: 'none',
    additionalProperties: false,
  });
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  return Object.fromEntries(names.map((name) => [name, ajv.compile(generator.createSchema(name))]));
}
