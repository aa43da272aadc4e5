import type { DialectName } from '../../../src/protocol/index.ts';
import { type Check, type CheckGroup, lackOf, sceneOf } from '../support/check.ts';
import type { ClientKind } from '../support/client.ts';
import { failureChecks } from '../support/failures.ts';
import { scriptedChecks } from '../support/scripted.ts';
import { type ScriptedStage, startScripted } from '../support/stage.ts';

/** One client with one upstream dialect. */
export interface Cell {
  upstream: DialectName;
  passed: number;
  /** Checks that the SDK can be put to. */
  total: number;
  groups: { [group in CheckGroup]?: { passed: number; total: number } };
  failed: { upstream: DialectName; group: CheckGroup; check: string; error: string }[];
  /** Checks that the SDK cannot be put to, and why. */
  lacking: { check: string; group: CheckGroup; reason: string }[];
}

const checkMsMax = 30_000;

export async function runCell(kind: ClientKind, upstream: DialectName, only: string): Promise<Cell> {
  const cell: Cell = { upstream, passed: 0, total: 0, groups: {}, failed: [], lacking: [] };
  const stage = await startScripted(kind, upstream);
  try {
    for (const check of [...scriptedChecks, ...failureChecks]) {
      const { name, group } = check;
      if (!name.includes(only)) continue;
      const reason = lackOf(check, kind);
      if (reason !== undefined) {
        cell.lacking.push({ check: name, group, reason });
        continue;
      }
      const error = await failureOf(check, kind, upstream, stage);
      cell.groups[group] ??= { passed: 0, total: 0 };
      const tally = cell.groups[group];
      tally.total += 1;
      cell.total += 1;
      if (error === undefined) {
        tally.passed += 1;
        cell.passed += 1;
      } else cell.failed.push({ upstream, group, check: name, error });
    }
  } finally {
    await stage.close();
  }
  return cell;
}

async function failureOf(
  check: Check,
  kind: ClientKind,
  upstream: DialectName,
  stage: ScriptedStage,
): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${checkMsMax} ms`)), checkMsMax);
  });
  try {
    await Promise.race([check.run(sceneOf(kind, upstream, stage)), limit]);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  } finally {
    clearTimeout(timer);
  }
}
