import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runYumen } from '../support/run-cli.ts';

describe('the command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-cli-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const yumen = (args: string[], env: { [name: string]: string } = {}) => runYumen(args, folder, env);

  test('help lists every command and is not a failure', async () => {
    const { code, out } = await yumen(['--help']);
    assert.equal(code, 0);
    for (const command of ['serve', 'decide', 'keys', 'eval', 'train'])
      assert.match(out, new RegExp(`^  ${command}`, 'm'));
  });

  test('an unknown command or option is wrong usage (2), with a suggestion', async () => {
    const command = await yumen(['decid']);
    assert.equal(command.code, 2);
    assert.match(command.err, /decide/);
    assert.equal((await yumen(['decide', 'x', '--colour'])).code, 2);
    assert.equal((await yumen(['decide', 'x', '--target', '7'])).code, 2);
  });

  test('decide explains in one sentence, in English and in Chinese', async () => {
    for (const [prompt, language] of [
      ['Translate into French: good morning', 'en'],
      ['把这句话翻译成英文：早上好', 'zh'],
    ] as const) {
      const told = await yumen(['decide', prompt]);
      assert.equal(told.code, 0, told.err);
      const sentence = told.out.split('\n')[0]!;
      assert.match(sentence, /^This .*\.$/);
      assert.match(told.out, /runner-up/);
      const json = JSON.parse((await yumen(['decide', prompt, '--json'])).out);
      assert.equal(json.shape.language, language);
      assert.equal(json.candidates.length, 4);
      assert.ok(json.explanation.runner_up);
    }
  });

  test('decide tells each contribution in points of quality', async () => {
    const { out } = await yumen(['decide', 'Prove that there are infinitely many primes.']);
    assert.match(out, /contributions to the expected loss of \S+, in points of quality/);
    assert.match(out, /^ +[+−]\d+\.\d points {2}\S/m);
    assert.doesNotMatch(out, /log-odds/);
  });

  test('a variable that cannot be used is wrong usage, and named', async () => {
    const cases: [string, string, RegExp][] = [
      ['PORT', 'abc', /PORT is «abc».*0 to 65535/],
      ['PORT', '70000', /PORT is «70000»/],
      ['LOG_LEVEL', 'loud', /LOG_LEVEL is «loud».*debug, info, warn, error, silent/],
      ['YUMEN_SANDBOX_SPEED', 'fast', /YUMEN_SANDBOX_SPEED is «fast»/],
      ['YUMEN_CONFIG', 'absent.yaml', /absent\.yaml/],
    ];
    for (const [name, value, says] of cases) {
      const { code, err } = await yumen(['serve'], { [name]: value });
      assert.equal(code, 2, `${name}=${value}`);
      assert.match(err, says);
    }
    for (const option of ['--port', '--log-level']) {
      const { code, err } = await yumen(['serve', option, 'abc']);
      assert.equal(code, 2, option);
      assert.match(err, new RegExp(`${option}.*abc`));
    }
  });

  test('a variable that is set to nothing counts as not set', async () => {
    const empty = { YUMEN_CONFIG: '', YUMEN_DATA_DIR: '', OPENAI_API_KEY: '', MY_KEY: '' };
    assert.equal((await yumen(['keys', 'list'], empty)).code, 0);
    assert.ok(existsSync(join(folder, '.yumen', 'yumen.sqlite')));
    writeFileSync(
      join(folder, 'empty.yaml'),
      'providers:\n  - { id: openai, vendor: openai, api_key: "${MY_KEY}" }\n',
    );
    const { code, err } = await yumen(['decide', 'hi', '--config', 'empty.yaml'], empty);
    assert.equal(code, 1);
    assert.match(err, /MY_KEY.*not set/);
  });

  test('keys live in the folder that storage.url names, unless a variable or an option names another', async () => {
    const config = join(folder, 'sub', 'stored.yaml');
    mkdirSync(join(folder, 'sub'));
    const text = (url: string) =>
      `providers:\n  - { id: openai, vendor: openai, api_key: "\${UNSET_KEY}" }\nstorage: { url: "${url}" }\n`;
    const list = async (args: string[], env: { [name: string]: string }) => {
      const { code, err } = await yumen(['keys', 'list', ...args], { YUMEN_CONFIG: config, ...env });
      assert.equal(code, 0, err);
    };
    const stored = (...path: string[]) => existsSync(join(folder, ...path, 'yumen.sqlite'));
    writeFileSync(config, text('file:./data'));
    await list([], {});
    assert.ok(stored('sub', 'data'));
    await list([], { YUMEN_DATA_DIR: 'by-variable' });
    assert.ok(stored('by-variable'));
    await list(['--data-dir', 'by-option'], { YUMEN_DATA_DIR: 'nowhere' });
    assert.ok(stored('by-option') && !existsSync(join(folder, 'nowhere')));
    writeFileSync(config, text(`file://${join(folder, 'by-url')}`));
    await list([], {});
    assert.ok(stored('by-url'));
    writeFileSync(config, text('file:${FOLDER}'));
    await list([], { FOLDER: join(folder, 'expanded') });
    assert.ok(stored('expanded'));
    for (const url of ['file:', 'postgres://db/yumen', './data']) {
      writeFileSync(config, text(url));
      const { code, err } = await yumen(['keys', 'list'], { YUMEN_CONFIG: config });
      assert.deepEqual([code, /storage\.url/.test(err)], [1, true], url);
    }
  });

  test('decide never says or keeps the prompt', async () => {
    const { out } = await yumen(['decide', 'Summarise the xylophonic quarterly zebra report', '--json']);
    assert.doesNotMatch(out, /xylophonic|zebra/);
  });

  test('a configuration that cannot be used is refused with the field and what would make it right', async () => {
    const cases: [string, RegExp][] = [
      ['providers: [', /line/],
      ['providers:\n  - { id: a, vendor: nope }\n', /nope.*known vendors/],
      ['providers:\n  - { id: a, vendor: openai }\n', /api_key/],
      ['providers:\n  - { id: a, vendor: openai, api_key: "${UNSET_KEY}" }\n', /UNSET_KEY/],
      [
        'providers:\n  - { id: s, vendor: sandbox }\nroutes:\n  auto: { reference: nope, candidates: [nope] }\n',
        /routes\.auto.*nope/,
      ],
      [
        'providers:\n  - { id: s, vendor: sandbox }\nroutes:\n  auto: { reference: sandbox/frontier, candidates: [sandbox/mini-open], mode: certified }\n',
        /mode «certified» needs proof/,
      ],
      ['providers:\n  - { id: s, vendor: sandbox }\ncolour: red\n', /colour/],
    ];
    for (const [text, says] of cases) {
      writeFileSync(join(folder, 'bad.yaml'), text);
      const { code, err } = await yumen(['decide', 'hi', '--config', 'bad.yaml']);
      assert.equal(code, 1, text);
      assert.match(err, says, text);
    }
  });

  test('secrets come from variables or from files that *_FILE names', async () => {
    writeFileSync(join(folder, 'key.txt'), 'sk-from-file\n');
    writeFileSync(
      join(folder, 'good.yaml'),
      'providers:\n  - { id: openai, vendor: openai, api_key: "${MY_KEY}" }\nroutes:\n  auto: { reference: gpt-4o, candidates: [gpt-4o-mini] }\n',
    );
    const { code, err } = await yumen(['decide', 'hi', '--config', 'good.yaml'], {
      MY_KEY_FILE: join(folder, 'key.txt'),
    });
    assert.equal(code, 0, err);
  });

  test('keys are made, listed without their secret, and revoked', async () => {
    const made = JSON.parse(
      (await yumen(['keys', 'create', '--name', 'app', '--budget-usd-per-day', '5', '--json'])).out,
    );
    assert.match(made.secret, /^sk-yumen-/);
    const listed = await yumen(['keys', 'list']);
    assert.match(listed.out, /app/);
    assert.doesNotMatch(listed.out, new RegExp(made.secret));
    assert.equal((await yumen(['keys', 'revoke', made.id])).code, 0);
    assert.match((await yumen(['keys', 'list'])).out, /revoked/);
    const unknown = await yumen(['keys', 'revoke', 'key_nope']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /no key/);
  });
});
