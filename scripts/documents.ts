// Documents that are made from code. `npm run docs` writes them; a test fails when one is out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationJsonSchema } from '../src/evaluation/index.ts';
import { forecastJsonSchema } from '../src/proof/index.ts';
import { errorTable } from '../src/protocol/index.ts';
import { type Vendor, vendors } from '../src/providers/index.ts';
import { configJsonSchema } from '../src/server/index.ts';

const root = join(import.meta.dirname, '..');

/** Path in the repository → the text it should have. */
export const documents: { [path: string]: () => string } = {
  'docs/errors.md': errorsPage,
  'docs/providers.md': providersPage,
  'docs/config.schema.json': () => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
  'docs/forecast.schema.json': () => `${JSON.stringify(forecastJsonSchema(), undefined, 2)}\n`,
  'docs/eval.schema.json': () => `${JSON.stringify(evaluationJsonSchema(), undefined, 2)}\n`,
};

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, retry, help }]) => `| \`${code}\` | ${status} | ${retry ? 'yes' : 'no'} | ${help} |`,
  );
  return `# Errors

Every error the gateway returns. The body has the shape of the client's dialect; on chat completions the code is \`error.code\` (a refusal keeps the provider’s own code, a filter is always \`content_filter\`), and
the ledger's record has it whatever the dialect. \`x-should-retry\` says what the last column but one says, and
\`retry-after\` how long to wait where that is known. Once a stream has begun, errors come in-band, and the connection is then broken.

Written from \`src/protocol/errors.ts\` by \`npm run docs\`.

| code | status | try again | what would make it right |
|---|---|---|---|
${rows.join('\n')}
`;
}

function providersPage(): string {
  return `# Providers

Every vendor and engine a provider can be made of (\`vendor:\` in the configuration). The first dialect is spoken by default; one in brackets only
where the configuration names it (\`dialect:\`); the others for clients that speak them, so that nothing is translated. A place in the list of
regions is where requests are processed, then where data is stored, as the vendor says; \`?\` = it does not say, and what is not said
never counts as being in a place.

Written from \`src/providers/\` by \`npm run docs\`.

| vendor | name | dialects | beside chat | key from |
|---|---|---|---|---|
${vendors.map(vendorRow).join('\n')}

## Regions

${vendors
  .filter(({ regions }) => Object.keys(regions).length > 0)
  .map(regionLine)
  .join('\n')}

## Good to know

${vendors.flatMap(({ id, notes }) => (notes ?? []).map((note) => `- \`${id}\`: ${note}`)).join('\n')}
`;
}

function vendorRow(vendor: Vendor): string {
  const others = (vendor.mounts ?? []).map(({ dialect, use }) =>
    use === 'named' ? `(\`${dialect}\`)` : `\`${dialect}\``,
  );
  const dialects = [...new Set([`\`${vendor.dialect}\``, ...others])].join(', ');
  const services = Object.keys(vendor.services ?? {}).join(', ');
  const keys = vendor.keyVariables.map((name) => `\`${name}\``).join(' or ');
  return `| \`${vendor.id}\` | ${vendor.name} | ${dialects} | ${services || '–'} | ${keys || '–'} |`;
}

function regionLine({ id, regions, parameters, defaultRegion }: Vendor): string {
  const places = Object.entries(regions).map(([name, { processing, storage }]) => {
    const shown = name === defaultRegion ? `**${name}**` : name;
    return `${shown} ${processing ?? '?'}/${storage ?? '?'}`;
  });
  const own = Object.entries(parameters ?? {}).map(([name, meaning]) => `\`${name}\` (${meaning})`);
  const needs = own.length === 0 ? '' : ` Parameters of your own: ${own.join(', ')}.`;
  return `- \`${id}\`: ${places.join(' · ')}.${needs}`;
}

if (process.argv[2] === '--write') {
  for (const [path, text] of Object.entries(documents)) writeFileSync(join(root, path), text());
}
