import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../../src/cli/program.ts';

interface Result {
  code: number;
  out: string;
  err: string;
}

describe('the command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-cli-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function yumen(args: string[], env: { [name: string]: string } = {}): Promise<Result> {
    const result: Result = { code: 0, out: '', err: '' };
    await runCli(args, {
      out: (text) => {
        result.out += text;
      },
      err: (text) => {
        result.err += text;
      },
      exitCode: (code) => {
        result.code = code;
      },
      env: { YUMEN_PROBE_ENGINES: 'false', ...env },
      cwd: folder,
    });
    return result;
  }

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
        /not available yet/,
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
