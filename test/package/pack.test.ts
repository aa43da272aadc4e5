import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** The machine's own Node, which on a fresh machine is an older one than ours. */
function systemNode(): string {
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const found = folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path));
  return found ?? process.execPath;
}

describe('the packed package, installed elsewhere', () => {
  const node = systemNode();
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  let folder: string;
  let bin: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-pack-'));
    const npmCli = process.env['npm_execpath'];
    const run = (args: string[], cwd: string): string =>
      npmCli === undefined
        ? execFileSync('npm', args, { cwd, encoding: 'utf8' })
        : execFileSync(process.execPath, [npmCli, ...args], { cwd, encoding: 'utf8' });
    run(['pack', '--ignore-scripts', '--pack-destination', folder], root);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    // What `npm test` has just installed is in npm's cache, so this reaches no network.
    run(
      ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`],
      folder,
    );
    bin = join(folder, 'node_modules', '.bin', 'yumen');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test(`yumen --help works under Node ${version}`, () => {
    const done = spawnSync(node, [bin, '--help'], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    for (const command of ['serve', 'decide', 'keys', 'eval', 'train'])
      assert.match(done.stdout, new RegExp(command));
  });

  test(`yumen decide works under Node ${version}, with the catalogue and the artefact that were packed`, () => {
    const done = spawnSync(node, [bin, 'decide', '--json', '把这句话翻译成英文：早上好'], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, YUMEN_PROBE_ENGINES: 'false' },
    });
    assert.equal(done.status, 0, done.stderr);
    const decision = JSON.parse(done.stdout) as {
      shape: { language: string };
      explanation: { sentence: string };
    };
    assert.equal(decision.shape.language, 'zh');
    assert.ok(decision.explanation.sentence.length > 20);
  });

  test('nothing but what runs is packed', () => {
    const packed = join(folder, 'node_modules', 'yumen');
    const top = readdirSync(packed).sort();
    assert.deepEqual(
      top.filter(
        (name) =>
          ![
            'bin',
            'dist',
            'LICENSE',
            'NOTICE',
            'README.md',
            'README.zh-CN.md',
            'CHANGELOG.md',
            'package.json',
          ].includes(name),
      ),
      [],
    );
  });
});
