import { describe } from 'node:test';
import type { ClientKind } from './client.ts';
import { testFailures } from './failures.ts';
import { testSandbox } from './sandbox.ts';
import { testScripted } from './scripted.ts';

/** All that a program does with an SDK: against the sandbox, and against an upstream of each dialect, so that one is passed through and the other translated. */
export function testClient(kind: ClientKind): void {
  describe(`${kind.name} → sandbox`, () => testSandbox(kind));
  for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
    const how = dialect === kind.dialect ? 'passed through' : 'translated';
    describe(`${kind.name} → ${dialect} upstream, ${how}`, () => testScripted(kind, dialect));
    describe(`${kind.name} → failing ${dialect} upstream, ${how}`, () => testFailures(kind, dialect));
  }
}
