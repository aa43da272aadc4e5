import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const src = join(root, 'src');

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** The numbers of the house, read from ARCHITECTURE.md, so that the document cannot drift from the check. */
function layers(): Map<string, number> {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const found = new Map<string, number>();
  for (const [, folder, number] of text.matchAll(/^\| `src\/([a-z]+)\/` \| (\d+) \|/gm))
    found.set(folder!, Number(number));
  return found;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) => path!);
}

test('each folder under src has a number in ARCHITECTURE.md, and the other way round', () => {
  const folders = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory());
  assert.deepEqual(folders.sort(), [...layers().keys()].sort());
});

test('a file imports only from its own folder, or from a lower-numbered folder through its index.ts', () => {
  const number = layers();
  const violations: string[] = [];
  for (const file of filesUnder(src)) {
    const from = relative(src, file).split(sep)[0]!;
    for (const specifier of importsOf(file)) {
      const target = relative(src, join(dirname(file), specifier)).split(sep);
      const to = target[0]!;
      const where = `${relative(root, file)} imports ${specifier}`;
      if (to === from) continue;
      if (to === '..' || !number.has(to)) violations.push(`${where}: outside src`);
      else if (number.get(to)! >= number.get(from)!)
        violations.push(`${where}: ${from} (${number.get(from)}) may not see ${to} (${number.get(to)})`);
      else if (target.slice(1).join('/') !== 'index.ts')
        violations.push(`${where}: import from ${to}/index.ts`);
    }
  }
  assert.deepEqual(
    violations,
    [],
    'move the code or the type to where both may see it; do not raise a number to make this pass',
  );
});

test('no code outside providers/ and catalog/data/ compares with a vendor name', () => {
  const comparisons = /(===|!==|case)\s*'(openai|anthropic|deepseek|dashscope|sandbox)'/;
  const offenders = filesUnder(src).filter((file) => {
    const path = relative(src, file).split(sep).join('/');
    if (path.startsWith('providers/') || path.startsWith('catalog/data/')) return false;
    return comparisons.test(readFileSync(file, 'utf8'));
  });
  assert.deepEqual(offenders, [], 'declare a property on the vendor and read the property');
});

test('router/ and policy/ do no I/O and have no clock or randomness of their own', () => {
  const forbidden =
    /from 'node:(?!crypto|zlib|vm|module)|Date\.now|new Date\(\)|Math\.random|performance\.now|randomBytes|process\.|fetch\(/;
  const offenders = filesUnder(src).filter((file) => {
    const path = relative(src, file).split(sep)[0];
    return (
      (path === 'router' || path === 'policy') && forbidden.test(withoutComments(readFileSync(file, 'utf8')))
    );
  });
  assert.deepEqual(
    offenders.map((file) => relative(root, file)),
    [],
    'take time, randomness and data as arguments',
  );
});

test('nothing below server/ reads the environment', () => {
  const number = layers();
  const offenders = filesUnder(src).filter((file) => {
    const folder = relative(src, file).split(sep)[0]!;
    return number.get(folder)! < number.get('server')! && /process\.env/.test(readFileSync(file, 'utf8'));
  });
  assert.deepEqual(
    offenders.map((file) => relative(root, file)),
    [],
    'read it in server/ and pass the value',
  );
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}
