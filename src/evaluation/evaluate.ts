import { canonicalModels } from './known-models.ts';
import { groupOracle } from './report/group-oracle.ts';
import { compareMany } from './report/many-rows.ts';
import { compareRows } from './report/measured.ts';
import { comparePair } from './report/pair-rows.ts';
import { sampleOf, type Table } from './report/table.ts';
import type { Evaluation } from './result.ts';
import { type Asked, routeAll, type TestedRow } from './route-all.ts';
import { offlineRouters } from './routers/list.ts';
import { type OfflineRouter, promptRow } from './routers/router.ts';
import { EvaluationError, type EvaluationSettings, type EvaluationTask, type NamedRows } from './settings.ts';
import { foldsOf } from './splits/folds.ts';

export type { NamedRows } from './settings.ts';

export type EvaluationOptions = EvaluationTask & EvaluationSettings;

/** Evaluates routing among `reference` and `candidates` on recorded outcomes. Deterministic by `seed`. Throws EvaluationError. */
export const evaluate = (files: NamedRows[], options: EvaluationOptions): Evaluation =>
  evaluateTasks(files, [options], options)[0]!;

/** Several tasks on the same files; what is fitted serves all of them. Throws EvaluationError. */
export function evaluateTasks(
  files: NamedRows[],
  tasks: readonly EvaluationTask[],
  settings: EvaluationSettings,
): Evaluation[] {
  const canonical = canonicalModels();
  const rows: TestedRow[] = files.flatMap((file) =>
    file.rows.map((row) => ({ outcome: row, prompt: promptRow(file.name, row, canonical) })),
  );
  const chosen = tasks.map((task) => usableRows(rows, task, settings.folds));
  const tested = rows.filter((row) => chosen.some(({ usable }) => usable.has(row)));
  const asked: Asked[] = tasks.map((task, t) => ({
    names: [task.reference, ...task.candidates],
    models: [task.reference, ...task.candidates].map(canonical),
    rows: tested.flatMap((row, i) => (chosen[t]!.usable.has(row) ? [i] : [])),
  }));
  const notes: string[] = [];
  const routed = routeAll({
    rows,
    tested,
    asked,
    others: (settings.train ?? []).flatMap((file) =>
      file.rows.map((row) => promptRow(file.name, row, canonical)),
    ),
    routers: routersFor(settings),
    settings,
    notes,
  });
  settings.progress('bootstrap');
  return tasks.map((task, t) => {
    const own = asked[t]!.rows.map((i) => tested[i]!);
    const table: Table = {
      names: [task.reference, ...task.candidates],
      rows: own.map((row) => row.outcome),
      prompts: own.map((row) => row.prompt),
      routed: routed[t]!,
      bootstrap: settings.bootstrap,
      seed: settings.seed,
      curves: settings.curves === true,
    };
    return evaluationOf(table, chosen[t]!, { settings, notes });
  });
}

function evaluationOf(
  table: Table,
  { missingOutcome, missingCost }: Usable,
  { settings, notes }: { settings: EvaluationSettings; notes: string[] },
): Evaluation {
  const sample = sampleOf(table);
  const oracle = groupOracle(table, sample, foldsOf(table.prompts, settings));
  const measured = table.names.length === 2 ? comparePair(table, oracle) : compareMany(table, oracle);
  const curves = measured.flatMap(({ curve }) => (curve === undefined ? [] : [curve]));
  const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    rows: compareRows(measured),
    n: table.rows.length,
    excluded: missingOutcome + missingCost,
    excluded_because: { missing_outcome: missingOutcome, missing_cost: missingCost, contaminated: 0 },
    models: Object.fromEntries(
      table.names.map((name, m) => [
        name,
        { quality: meanOf(sample.score[m]!), cost_usd: meanOf(sample.usd[m]!) },
      ]),
    ),
    notes,
    ...(table.curves ? { curves } : {}),
  };
}

interface Usable {
  usable: Set<TestedRow>;
  missingOutcome: number;
  missingCost: number;
}

function usableRows(rows: readonly TestedRow[], task: EvaluationTask, folds: number): Usable {
  const names = [task.reference, ...task.candidates];
  const within = rows.filter(({ outcome }) => task.sources?.includes(outcome.source) ?? true);
  if (within.length === 0) {
    const sources = [...new Set(rows.map(({ outcome }) => outcome.source))].sort();
    throw new EvaluationError(
      `No rows of ${task.sources?.join(', ')}; the files have the sources ${sources.join(', ')}.`,
    );
  }
  checkNames(within, names);
  const found: Usable = { usable: new Set(), missingOutcome: 0, missingCost: 0 };
  for (const row of within) {
    const outcomes = names.map((name) => row.outcome.outcomes.get(name));
    if (outcomes.some((outcome) => outcome === undefined)) found.missingOutcome += 1;
    else if (outcomes.some((outcome) => outcome?.costUsd === undefined)) found.missingCost += 1;
    else found.usable.add(row);
  }
  const { usable, missingOutcome, missingCost } = found;
  if (usable.size < 2 * folds) {
    const why =
      missingCost > 0
        ? `${missingCost} more lack a cost: pass --prices FILE with the price of each model, for rows that have tokens.`
        : `${missingOutcome} rows lack an outcome of one of them: name models that answered the same prompts, or give more rows.`;
    throw new EvaluationError(
      `Only ${usable.size} rows have outcomes with costs of ${names.join(' and ')}; ${folds} folds need ${2 * folds}. ${why}`,
    );
  }
  return found;
}

function checkNames(rows: readonly TestedRow[], names: string[]): void {
  const known = new Set(rows.flatMap(({ outcome }) => [...outcome.outcomes.keys()]));
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    throw new EvaluationError(
      `No outcomes of ${missing.map((name) => `«${name}»`).join(', ')}; the files have ${[...known].sort().join(', ')}.`,
    );
  }
  if (new Set(names).size !== names.length) {
    throw new EvaluationError('The reference and the candidates must be different models.');
  }
}

function routersFor({ routers }: EvaluationSettings): OfflineRouter[] {
  const ids = offlineRouters.map(({ id }) => id);
  const unknown = routers?.filter((id) => !ids.includes(id)) ?? [];
  if (unknown.length > 0) {
    throw new EvaluationError(`There is no router ${unknown.join(', ')}; there are ${ids.join(', ')}.`);
  }
  return offlineRouters.filter(({ id }) => routers?.includes(id) ?? true);
}
