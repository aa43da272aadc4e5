import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../../src/cli/program.ts';

describe('yumen import', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-import-'));
    writeFileSync(
      join(folder, 'config.yaml'),
      'model_list:\n  - model_name: gpt-4o\n    litellm_params: { model: openai/gpt-4o, api_key: sk-0123456789abcdef, seed: 7 }\n',
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function yumen(...args: string[]) {
    const result = { code: 0, out: '', err: '' };
    await runCli(['import', ...args], {
      out: (text) => {
        result.out += text;
      },
      err: (text) => {
        result.err += text;
      },
      exitCode: (code) => {
        result.code = code;
      },
      env: {},
      cwd: folder,
    });
    return result;
  }

  test('without --out the configuration goes to the one stream and the report to the other', async () => {
    const { code, out, err } = await yumen('litellm', 'config.yaml');
    assert.equal(code, 0, err);
    assert.match(out, /^# Imported from litellm[\s\S]*\nproviders:\n {2}- id: openai\n/);
    assert.match(
      err,
      /^1 of 1 entries imported\n {2}model_list\[0\] {2}gpt-4o {2}→ {2}deployment openai\/gpt-4o\n/,
    );
    assert.match(err, /litellm_params\.seed\n {6}Send it with the request/);
    assert.match(err, /OPENAI_API_KEY {2}an API key of OpenAI/);
    assert.doesNotMatch(out + err, /sk-0123/);
  });

  test('--out writes a file once, and over it only with --force', async () => {
    const first = await yumen('litellm', 'config.yaml', '--out', 'yumen.yaml');
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, '');
    assert.match(first.err, /Written to yumen\.yaml/);
    const written = readFileSync(join(folder, 'yumen.yaml'), 'utf8');
    const second = await yumen('litellm', 'config.yaml', '--out', 'yumen.yaml');
    assert.equal(second.code, 1);
    assert.match(second.err, /exists already.*--force/);
    assert.equal((await yumen('litellm', 'config.yaml', '--out', 'yumen.yaml', '--force')).code, 0);
    assert.equal(readFileSync(join(folder, 'yumen.yaml'), 'utf8'), written);
  });

  test('--json prints one document with config, report and variables', async () => {
    const { out, err } = await yumen('litellm', 'config.yaml', '--json');
    assert.equal(err, '');
    const document = JSON.parse(out);
    assert.deepEqual(Object.keys(document), ['config', 'report', 'variables']);
    assert.equal(document.variables[0].name, 'OPENAI_API_KEY');
  });

  test('what is wrong is said, without quoting the file', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'model_list: [ { api_key: sk-secret-0123456789 \n x: ]');
    writeFileSync(join(folder, 'other.json'), '{"hello":"sk-secret-0123456789"}');
    writeFileSync(join(folder, 'none.yaml'), 'model_list: []\n');
    for (const [args, code, says] of [
      [['litellm', 'absent.yaml'], 2, /cannot be read/],
      [['litellm', 'broken.yaml'], 1, /neither YAML nor JSON/],
      [['one-api', 'other.json'], 1, /no list of channels/],
      [['litellm', 'none.yaml'], 1, /Nothing could be imported/],
      [['kong', 'config.yaml'], 2, /litellm, one-api, new-api, portkey/],
    ] as const) {
      const result = await yumen(...args);
      assert.equal(result.code, code, args.join(' '));
      assert.match(result.err, says);
      assert.doesNotMatch(result.out + result.err, /sk-secret/);
    }
  });
});
