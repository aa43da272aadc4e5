import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { DialectName } from '../../src/protocol/index.ts';
import type { Launch } from './launch.ts';

/** What a run gives a command line to work with. */
export interface Place {
  /** Folder of the installed packages. */
  packages: string;
  /** Origin of the gateway. */
  url: string;
  key: string;
  model: string;
  /** Empty folders of its own. */
  home: string;
  work: string;
}

/** A coding agent as it runs without a terminal and without the outside. To add one: an entry here, and its package in package.json. */
export interface Cli {
  id: string;
  name: string;
  package: string;
  dialect: DialectName;
  /** Its tool that runs a shell command, by the names it has had, with the arguments that run one. */
  shell: { [tool: string]: (command: string) => object };
  /** Names it looks up in spite of all switches, without harm when there is no answer. */
  looksUp?: RegExp[];
  /** Writes its settings and says how it is started. */
  start(place: Place, prompt: string): Launch;
}

const named = { description: 'Says a word' };

const claudeCode: Cli = {
  id: 'claude-code',
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  dialect: 'anthropic-messages',
  shell: { Bash: (command) => ({ command, ...named }) },
  start: (place, prompt) => ({
    command: join(place.packages, `@anthropic-ai/claude-code-${platform()}`, 'claude'),
    args: [
      ...['-p', prompt, '--output-format', 'json'],
      ...['--model', place.model, '--allowedTools', 'Bash'],
    ],
    env: {
      ...bare(place),
      ANTHROPIC_BASE_URL: place.url,
      ANTHROPIC_API_KEY: place.key,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: place.model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      IS_SANDBOX: '1',
    },
  }),
};

const codex: Cli = {
  id: 'codex',
  name: 'Codex',
  package: '@openai/codex',
  dialect: 'openai-responses',
  shell: {
    exec_command: (command) => ({ cmd: command }),
    shell_command: (command) => ({ command }),
    shell: (command) => ({ command: ['bash', '-c', command] }),
  },
  start(place, prompt) {
    const home = folder(place.home, '.codex');
    const provider = `{name="Yumen",base_url="${place.url}/v1",env_key="YUMEN_KEY",wire_api="responses"}`;
    const settings = [
      'model_provider="yumen"',
      `model_providers.yumen=${provider}`,
      'analytics.enabled=false',
      'check_for_update_on_startup=false',
      'features.plugins=false',
      'features.apps=false',
    ];
    return node(
      place,
      '@openai/codex/bin/codex.js',
      [
        ...['exec', '--skip-git-repo-check', '--json', '--dangerously-bypass-approvals-and-sandbox'],
        ...['-m', place.model],
        ...settings.flatMap((setting) => ['-c', setting]),
        prompt,
      ],
      { CODEX_HOME: home, YUMEN_KEY: place.key },
    );
  },
};

const qwenCode: Cli = {
  id: 'qwen-code',
  name: 'Qwen Code',
  package: '@qwen-code/qwen-code',
  dialect: 'openai-chat',
  shell: { run_shell_command: (command) => ({ command, is_background: false, ...named }) },
  start(place, prompt) {
    write(join(folder(place.home, '.qwen'), 'settings.json'), {
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false, disableAutoUpdate: true, disableUpdateNag: true },
    });
    const args = ['--auth-type', 'openai', '-p', prompt, '--output-format', 'json', '--yolo'];
    return node(place, '@qwen-code/qwen-code/cli-entry.js', args, {
      OPENAI_BASE_URL: `${place.url}/v1`,
      OPENAI_API_KEY: place.key,
      OPENAI_MODEL: place.model,
    });
  },
};

const geminiCli: Cli = {
  id: 'gemini-cli',
  name: 'Gemini CLI',
  package: '@google/gemini-cli',
  dialect: 'gemini',
  shell: { run_shell_command: (command) => ({ command, ...named }) },
  start(place, prompt) {
    write(join(folder(place.home, '.gemini'), 'settings.json'), {
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false, disableAutoUpdate: true, disableUpdateNag: true },
    });
    const args = ['-m', place.model, '-p', prompt, '--output-format', 'json', '--skip-trust', '--yolo'];
    return node(place, '@google/gemini-cli/bundle/gemini.js', args, {
      GOOGLE_GEMINI_BASE_URL: place.url,
      GEMINI_API_KEY: place.key,
    });
  },
};

const opencode: Cli = {
  id: 'opencode',
  name: 'opencode',
  package: 'opencode-ai',
  dialect: 'openai-chat',
  shell: { bash: (command) => ({ command, ...named }) },
  // It looks for updates of its provider package.
  looksUp: [/^registry\./],
  start(place, prompt) {
    const config = join(place.home, 'opencode.json');
    write(config, {
      autoupdate: false,
      share: 'disabled',
      permission: { bash: 'allow' },
      provider: {
        yumen: {
          npm: '@ai-sdk/openai-compatible',
          name: 'Yumen',
          options: { baseURL: `${place.url}/v1`, apiKey: place.key },
          models: { [place.model]: { name: place.model, tool_call: true } },
        },
      },
    });
    return {
      command: join(place.packages, `opencode-${platform()}-baseline`, 'bin', 'opencode'),
      args: ['run', '--model', `yumen/${place.model}`, prompt],
      env: {
        ...bare(place),
        OPENCODE_CONFIG: config,
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      },
    };
  },
};

const continueCli: Cli = {
  id: 'continue',
  name: 'Continue',
  package: '@continuedev/cli',
  dialect: 'openai-chat',
  shell: { Bash: (command) => ({ command }) },
  looksUp: [/^api\.continue\.dev$/],
  start(place, prompt) {
    const config = join(place.home, 'config.yaml');
    // YAML reads JSON.
    write(config, {
      name: 'Campaign',
      version: '1.0.0',
      schema: 'v1',
      models: [
        {
          name: place.model,
          provider: 'openai',
          model: place.model,
          apiBase: `${place.url}/v1`,
          apiKey: place.key,
          roles: ['chat'],
          capabilities: ['tool_use'],
        },
      ],
    });
    return node(place, '@continuedev/cli/dist/cn.js', ['--config', config, '-p', prompt, '--auto'], {
      CONTINUE_TELEMETRY_ENABLED: '0',
    });
  },
};

export const clis: readonly Cli[] = [claudeCode, codex, qwenCode, geminiCli, opencode, continueCli];

function node(place: Place, script: string, args: string[], env: { [name: string]: string }): Launch {
  return {
    command: process.execPath,
    args: [join(place.packages, script), ...args],
    env: { ...bare(place), ...env },
  };
}

/** What a program needs to start, and no more; its Node is the one that runs this. */
function bare(place: Place): { [name: string]: string } {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: place.home,
    TMPDIR: folder(place.home, 'tmp'),
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    NO_COLOR: '1',
    SHELL: '/bin/sh',
  };
}

/** As npm names the packages of native parts. */
function platform(): string {
  return `${process.platform}-${process.arch}`;
}

function folder(...path: string[]): string {
  const made = join(...path);
  mkdirSync(made, { recursive: true });
  return made;
}

function write(file: string, settings: unknown): void {
  writeFileSync(file, JSON.stringify(settings));
}
