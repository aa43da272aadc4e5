import type { PredictorParameters } from '../router/index.ts';
import type { OutcomeRow } from './outcomes/outcome.ts';
import type { RoutedRows, Split } from './result.ts';
import { artefactRouter } from './routers/ours.ts';
import type { OfflineRouter, PromptRow } from './routers/router.ts';
import { EvaluationError, type EvaluationSettings } from './settings.ts';
import { crossFit, type Estimates, type Part } from './splits/cross-fit.ts';
import { foldParts, foldsOf } from './splits/folds.ts';
import { type GroupedRow, leaveOut } from './splits/left-out.ts';
import { twinsOf } from './splits/twins.ts';
import { unseenParts } from './splits/unseen.ts';

/** A row of the tested files. */
export interface TestedRow {
  outcome: OutcomeRow;
  prompt: PromptRow;
}

/** What one task wants to know: its models, the reference first, and its rows among the tested ones. */
export interface Asked {
  /** As the files call them, and canonical. */
  names: string[];
  models: string[];
  rows: number[];
}

interface Routing {
  /** Every row of the tested files. */
  rows: readonly TestedRow[];
  tested: readonly TestedRow[];
  asked: readonly Asked[];
  /** Rows of other files to fit on. */
  others: readonly PromptRow[];
  routers: readonly OfflineRouter[];
  settings: EvaluationSettings;
  notes: string[];
}

/** One way of splitting, applied to all tested rows. */
interface Fitted {
  split: Split;
  routers: readonly OfflineRouter[];
  estimates: Estimates;
  fold: Int32Array;
  group: string[] | undefined;
  unseen?: { model: string; probes: number };
}

/** Routes every task's rows by every split that was asked for; per task, in the order of the splits. */
export function routeAll(routing: Routing): RoutedRows[][] {
  const { settings, asked } = routing;
  const folded =
    settings.artefact === undefined && (settings.train === undefined || settings.leaveOut !== undefined);
  if (settings.probes !== undefined && !folded) {
    throw new EvaluationError(
      'A new model is tried on folds of the tested files: leave --train and --artefact away, or --new-model.',
    );
  }
  const models = [...new Set(asked.flatMap((one) => one.models))];
  const references = [...new Set(asked.map((one) => models.indexOf(one.models[0]!)))];
  const common = { ...routing, models, references };
  const all: Fitted[] = [];
  if (settings.artefact !== undefined) all.push(routeArtefact(common, settings.artefact));
  else if (folded) all.push(...routeFolded(common));
  else all.push(routeTrained(common));
  if (settings.leaveOut !== undefined) all.push(routeLeftOut(common, settings.leaveOut));
  return asked.map((one) =>
    all.flatMap((fitted) =>
      fitted.unseen === undefined || one.models.indexOf(fitted.unseen.model) > 0
        ? routedRows(fitted, one, models, references)
        : [],
    ),
  );
}

function routedRows(fitted: Fitted, asked: Asked, models: string[], references: number[]): RoutedRows[] {
  const reference = references.indexOf(models.indexOf(asked.models[0]!));
  return fitted.routers.map(({ id, name }) => ({
    router: id,
    name,
    split: fitted.split,
    quality: asked.models.map((model) => {
      const all = fitted.estimates.get(id)![reference]![models.indexOf(model)]!;
      return Float64Array.from(asked.rows, (i) => all[i]!);
    }),
    fold: Int32Array.from(asked.rows, (i) => fitted.fold[i]!),
    group: fitted.group === undefined ? undefined : asked.rows.map((i) => fitted.group![i]!),
    unseen: fitted.unseen && {
      ...fitted.unseen,
      model: asked.names[asked.models.indexOf(fitted.unseen.model)]!,
    },
  }));
}

type Common = Routing & { models: string[]; references: number[] };

const fitting = ({ models, references, settings }: Common, routers: readonly OfflineRouter[]) => ({
  routers,
  models,
  references,
  seed: settings.seed,
  progress: settings.progress,
});

const promptsOf = (rows: readonly TestedRow[]) => rows.map((row) => row.prompt);

/** Default: each prompt is judged by a fit on the other folds. */
function routeFolded(common: Common): Fitted[] {
  const { settings, routers, rows, asked } = common;
  const tested = promptsOf(common.tested);
  const parts = foldParts(tested, promptsOf(rows), settings);
  const fold = foldsOf(tested, settings);
  const whole: Fitted = {
    split: 'in-domain',
    routers,
    estimates: crossFit(tested, parts, fitting(common, routers)),
    fold,
    group: undefined,
  };
  const { probes } = settings;
  if (probes === undefined) return [whole];
  const isTried = (name: string) => settings.newModels?.includes(name) ?? true;
  const candidates = [
    ...new Set(asked.flatMap((one) => one.models.filter((_, m) => m > 0 && isTried(one.names[m]!)))),
  ];
  // Baselines are compared with full data; what a new model costs is a question to ours.
  const ours = routers.filter(({ id }) => id === 'ours');
  const unseen = candidates.map((model): Fitted => {
    const bare = unseenParts(parts, { model, probes, seed: settings.seed });
    return {
      split: 'unseen-model',
      routers: ours,
      estimates: crossFit(tested, bare, fitting(common, ours)),
      fold,
      group: undefined,
      unseen: { model, probes },
    };
  });
  return [whole, ...unseen];
}

const onePart = (label: string, fit: readonly PromptRow[], tested: readonly PromptRow[]): Part => ({
  label,
  fit,
  judged: tested.map((_, i) => i),
});

function routeTrained(common: Common): Fitted {
  const { settings, routers, others } = common;
  const tested = promptsOf(common.tested);
  const isTwin = twinsOf(tested);
  const fit = others.filter((row) => !isTwin(row));
  if (fit.length === 0)
    throw new EvaluationError('The training files hold no prompt that the tested files do not.');
  return {
    split: 'trained-elsewhere',
    routers,
    estimates: crossFit(
      tested,
      [onePart('fitting on the training files', fit, tested)],
      fitting(common, routers),
    ),
    fold: foldsOf(tested, settings),
    group: undefined,
  };
}

function routeArtefact(common: Common, parameters: PredictorParameters): Fitted {
  const { settings, notes } = common;
  const tested = promptsOf(common.tested);
  const router = artefactRouter(parameters, (unknown) => {
    notes.push(
      `Neither outcomes nor published scores of ${unknown.join(', ')} are known to the router: it can only guess there.`,
    );
  });
  return {
    split: 'artefact',
    routers: [router],
    estimates: crossFit(tested, [onePart('testing the artefact', [], tested)], fitting(common, [router])),
    fold: foldsOf(tested, settings),
    group: undefined,
  };
}

function routeLeftOut(common: Common, by: 'source' | 'sub'): Fitted {
  const { routers, others } = common;
  const grouped = ({ outcome, prompt }: TestedRow): GroupedRow => ({
    row: prompt,
    group: by === 'source' ? outcome.source : (outcome.sub ?? outcome.source),
  });
  const tested = common.tested.map(grouped);
  const { parts, block } = leaveOut(tested, { by, own: common.rows.map(grouped), others });
  if (parts.some(({ fit }) => fit.length === 0)) {
    throw new EvaluationError(
      `There is only one ${by}; nothing is left to fit on. Give other files with --train, or leave out --leave-out.`,
    );
  }
  return {
    split: 'left-out',
    routers,
    estimates: crossFit(
      tested.map(({ row }) => row),
      parts,
      fitting(common, routers),
    ),
    fold: block,
    group: tested.map(({ group }) => group),
  };
}
