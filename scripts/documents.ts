// Documents that are made from code. `npm run docs` writes them; a test fails when one is out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from '../src/protocol/index.ts';
import { configJsonSchema } from '../src/server/index.ts';

const root = join(import.meta.dirname, '..');

/** Path in the repository → the text it should have. */
export const documents: { [path: string]: () => string } = {
  'docs/errors.md': errorsPage,
  'docs/config.schema.json': () => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
};

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, retry, help }]) => `| \`${code}\` | ${status} | ${retry ? 'yes' : 'no'} | ${help} |`,
  );
  return `# Errors

Every error the gateway returns. The body has the shape of the client's dialect; on chat completions the code is \`error.code\`, and
the ledger's record has it whatever the dialect. \`x-should-retry\` says what the last column but one says, and
\`retry-after\` how long to wait where that is known. Once a stream has begun, errors come in-band, and the connection is then broken.

Written from \`src/protocol/errors.ts\` by \`npm run docs\`.

| code | status | try again | what would make it right |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[2] === '--write') {
  for (const [path, text] of Object.entries(documents)) writeFileSync(join(root, path), text());
}
