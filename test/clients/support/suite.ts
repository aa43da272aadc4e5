import { describe } from 'node:test';
import { type DialectName, dialects } from '../../../src/protocol/index.ts';
import { testChecks } from './check.ts';
import type { ClientKind } from './client.ts';
import { failureChecks } from './failures.ts';
import { testSandbox } from './sandbox.ts';
import { scriptedChecks } from './scripted.ts';

/**
 * All that a program does with an SDK: against the sandbox, and against an upstream of each dialect, so that one is passed through and the
 * others are translated. What fails is checked with one translation here, and with each in the matrix.
 */
export function testClient(kind: ClientKind): void {
  const other = kind.dialect === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
  describe(`${kind.name} → sandbox`, () => testSandbox(kind));
  for (const dialect of Object.keys(dialects) as DialectName[]) {
    const how = dialect === kind.dialect ? 'passed through' : 'translated';
    describe(`${kind.name} → ${dialect} upstream, ${how}`, () => testChecks(scriptedChecks, kind, dialect));
    if (dialect !== kind.dialect && dialect !== other) continue;
    describe(`${kind.name} → failing ${dialect} upstream, ${how}`, () =>
      testChecks(failureChecks, kind, dialect));
  }
}
