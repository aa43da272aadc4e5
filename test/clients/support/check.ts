import { after, before, test } from 'node:test';
import type { DialectName } from '../../../src/protocol/index.ts';
import type { Client, ClientKind, Feature } from './client.ts';
import { type Received, read } from './received.ts';
import { type ScriptedStage, startScripted } from './stage.ts';

/** What a check is about. */
export type CheckGroup =
  | 'text'
  | 'stream'
  | 'tools'
  | 'parallel tools'
  | 'structured output'
  | 'images'
  | 'usage'
  | 'reasoning'
  | 'errors'
  | 'models';

/** One thing that every SDK does through the gateway with every upstream dialect, if it can do it at all. */
export interface Check {
  name: string;
  group: CheckGroup;
  needs: Feature[];
  run(scene: Scene): Promise<void>;
}

export interface Scene {
  kind: ClientKind;
  /** The upstream's. */
  dialect: DialectName;
  stage: ScriptedStage;
  client: Client;
  model: string;
  thinkingModel: string;
  /** The upstream's last request, or one before it. */
  received(fromEnd?: number): Received;
}

export function sceneOf(kind: ClientKind, dialect: DialectName, stage: ScriptedStage): Scene {
  return {
    ...stage.untried(),
    kind,
    dialect,
    stage,
    client: stage.connect(),
    received: (fromEnd = 1) => read(dialect, stage.upstream.requests.at(-fromEnd)),
  };
}

/** Why an SDK cannot be asked for this; undefined = it can. */
export function lackOf({ needs }: Check, { lacks }: ClientKind): string | undefined {
  return needs.map((feature) => lacks?.[feature]).find((reason) => reason !== undefined);
}

/** Declares a test for each check that the SDK can be put to. */
export function testChecks(checks: Check[], kind: ClientKind, dialect: DialectName): void {
  let stage: ScriptedStage;
  before(async () => {
    stage = await startScripted(kind, dialect);
  });
  after(() => stage.close());
  for (const check of checks) {
    if (lackOf(check, kind) === undefined) test(check.name, () => check.run(sceneOf(kind, dialect, stage)));
  }
}
