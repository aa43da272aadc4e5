import { canonicalModels } from '../../src/evaluation/known-models.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { ourRouter } from '../../src/evaluation/routers/ours.ts';
import { promptRow, trainingPrompts } from '../../src/evaluation/routers/router.ts';
import { type RoutingTask, readFile, readTasks } from '../routing/tasks.ts';

export const rungs = 20;

/** A pair of models on the recorded prompts of one half; the other half taught the ranking. What is true of an install is true of exactly these rows. */
export interface Population {
  id: string;
  rows: number;
  /** Scores, 0..1. */
  reference: Float64Array;
  cheap: Float64Array;
  /** First rung that calls the cheap model; `rungs` = none does. */
  cheapFrom: Int32Array;
  /** Of the reference's cost, by rung. */
  saved: Float64Array;
  cheapShare: Float64Array;
  /** Mean loss against the reference, by rung. */
  loss: Float64Array;
  referenceMean: number;
}

/** The recorded pair with twenty nested thresholds, at twentieths of the ranking, the last of which sends everything to the cheap model. */
export async function populationOf(
  data: string,
  id: string,
  task: Pick<RoutingTask, 'file' | 'sources'> & { cheap: string; reference: string },
  seed: number,
): Promise<Population> {
  const { rows } = await readFile(data, task.file, readTasks(data).prices.get(task.file));
  const { cheap, reference } = task;
  const canonical = canonicalModels();
  const random = createRandom(seed);
  const own = rows
    .filter(({ outcomes, source }) => {
      const has = (model: string) => outcomes.get(model)?.costUsd !== undefined;
      return has(cheap) && has(reference) && (task.sources?.includes(source) ?? true);
    })
    .map((row) => ({
      row,
      prompt: promptRow(task.file, row, canonical),
      teaches: random() < 0.5,
    }));
  const models = [canonical(cheap), canonical(reference)];
  const fitted = ourRouter.fit(
    trainingPrompts(
      own.filter(({ teaches }) => teaches).map(({ prompt }) => prompt),
      seed,
    ),
    models,
    { seed },
  );
  const held = own.filter(({ teaches }) => !teaches);
  const gains = Float64Array.from(held, ({ prompt }) => {
    const [ofCheap, ofReference] = fitted.quality(prompt, 1);
    return ofReference! - ofCheap!;
  });
  const scoreOf = (model: string) => Float64Array.from(held, ({ row }) => row.outcomes.get(model)!.score);
  const usdOf = (model: string) => Float64Array.from(held, ({ row }) => row.outcomes.get(model)!.costUsd!);
  return ladderOf(id, scoreOf(reference), scoreOf(cheap), usdOf(reference), usdOf(cheap), gains);
}

function ladderOf(
  id: string,
  reference: Float64Array,
  cheap: Float64Array,
  referenceUsd: Float64Array,
  cheapUsd: Float64Array,
  gains: Float64Array,
): Population {
  const rows = gains.length;
  const order = Int32Array.from(gains, (_, i) => i).sort((a, b) => gains[a]! - gains[b]! || a - b);
  const cheapFrom = new Int32Array(rows);
  order.forEach((row, rank) => {
    cheapFrom[row] = Math.floor((rank * rungs) / rows);
  });
  const saved = new Float64Array(rungs);
  const cheapShare = new Float64Array(rungs);
  const loss = new Float64Array(rungs);
  const cost = referenceUsd.reduce((sum, usd) => sum + usd, 0);
  for (let j = 0; j < rungs; j++) {
    for (let i = 0; i < rows; i++) {
      if (cheapFrom[i]! > j) continue;
      saved[j]! += (referenceUsd[i]! - cheapUsd[i]!) / cost;
      cheapShare[j]! += 1 / rows;
      loss[j]! += (reference[i]! - cheap[i]!) / rows;
    }
  }
  const referenceMean = reference.reduce((sum, score) => sum + score, 0) / rows;
  return { id, rows, reference, cheap, cheapFrom, saved, cheapShare, loss, referenceMean };
}
