import type { Candidate } from '../../../catalog/index.ts';
import type { Route } from '../../../gateway/index.ts';
import type { Estimated, EstimatedLog } from '../estimate.ts';
import type { ReadLog } from '../logs/read-log.ts';
import type { Ladder } from '../statistics/ladder.ts';
import type { RungForecast } from '../statistics/row.ts';
import { totalsOf } from '../statistics/totals.ts';
import { missingOf } from './missing.ts';
import type { ForecastReport, ReportRung } from './report.ts';
import { routeYaml } from './route-yaml.ts';

export interface BuildInput {
  basis: ForecastReport['basis'];
  read: ReadLog;
  estimated: EstimatedLog;
  route: Route;
  quality: number;
  ladder: Ladder;
  curve: readonly RungForecast[];
  next: number;
  confidence: number;
  judged: ForecastReport['judged'];
  /** Sentences that whoever ran it adds to what is missing. */
  notes: readonly string[];
}

const clustersMax = 12;
const costlyMax = 10;
const shareTold = 0.005;

/** Puts what was read and estimated into one document. Ids and figures only: no text of a request. */
export function buildReport(input: BuildInput): ForecastReport {
  const { read, estimated, route, curve, ladder, next, confidence } = input;
  const { requests } = estimated;
  const scale = read.requests / Math.max(1, read.entries.length);
  const referenceUsd = requests.reduce((sum, { row }) => sum + row.referenceUsd, 0);
  const chosen = recommendedRung(curve, input.quality);
  const rungs = curve.map((one) => rungOf(one, curve, input));
  return {
    basis: input.basis,
    log: {
      requests: read.requests,
      used: requests.length,
      bad: read.bad.count,
      bad_first: read.bad.first,
      other: Object.fromEntries(read.others),
      formats: Object.fromEntries(read.formats),
      from: instant(read.firstMs),
      to: instant(read.lastMs),
    },
    today: todayOf(requests, scale),
    route: {
      name: route.name,
      reference: route.reference.id,
      candidates: estimated.candidates.map(({ id }) => id),
      quality_target: input.quality,
      reference_cost_usd: referenceUsd * scale,
    },
    next_requests: next,
    confidence,
    curve: rungs,
    recommended: chosen === undefined ? null : recommendedOf(chosen, rungs[chosen]!, input, referenceUsd),
    clusters: clustersOf(requests, chosen === undefined ? undefined : ladder.picks[chosen]),
    costly: costlyOf(requests),
    judged: input.judged,
    missing: [...missingOf(input), ...input.notes],
  };
}

const instant = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

/** The rung that saves most among those that are expected to keep the target. */
function recommendedRung(curve: readonly RungForecast[], quality: number): number | undefined {
  let best: number | undefined;
  for (const [rung, one] of curve.entries()) {
    if (one.quality.mean < quality || one.saving.mean <= 0) continue;
    if (best === undefined || one.saving.mean > curve[best]!.saving.mean) best = rung;
  }
  return best;
}

function rungOf(
  one: RungForecast,
  curve: readonly RungForecast[],
  { ladder, estimated }: BuildInput,
): ReportRung {
  const last = ladder.picks.at(-1);
  const rows = estimated.requests.map(({ row }) => row);
  const everything = curve.at(-1);
  const lossAtLast = everything === undefined ? 0 : 1 - everything.quality.mean;
  const savingAtLast = everything?.saving.mean ?? 0;
  const loss = 1 - one.quality.mean;
  const mix =
    last === undefined || rows.length === 0 || lossAtLast <= 0 || loss < 0
      ? null
      : savingAtLast * Math.max(0, Math.min(1, loss / lossAtLast));
  return {
    rung: one.rung,
    allowance: one.allowance,
    cheap_share: one.cheapShare,
    saving: one.saving,
    quality: one.quality,
    random_mix_saving: mix,
  };
}

function recommendedOf(
  rung: number,
  shown: ReportRung,
  { estimated, ladder, route, quality, next, curve }: BuildInput,
  referenceUsd: number,
): NonNullable<ForecastReport['recommended']> {
  const { requests } = estimated;
  const picks = ladder.picks[rung]!;
  const counts = new Map<string, number>();
  for (const [i, one] of requests.entries()) {
    const pick = picks[i]!;
    const id = pick < 0 ? route.reference.id : one.candidates[pick]!;
    counts.set(id, (counts.get(id) ?? 0) + 1 / requests.length);
  }
  const used = estimated.candidates.filter(({ id }: Candidate) => (counts.get(id) ?? 0) >= shareTold);
  // What is only hoped for is watched first; what holds even at the lower end may go ahead.
  const mode = curve[rung]!.quality.low >= quality ? 'assist' : 'observe';
  const perRequest = referenceUsd / Math.max(1, requests.length);
  const usd = (share: number): number => share * perRequest * next;
  return {
    ...shown,
    saved_usd: { mean: usd(shown.saving.mean), low: usd(shown.saving.low), high: usd(shown.saving.high) },
    candidates: Object.fromEntries([...counts].sort((a, b) => b[1] - a[1])),
    mode,
    yaml: routeYaml({ route, candidates: used, quality, mode }),
  };
}

function todayOf(requests: readonly Estimated[], scale: number): ForecastReport['today'] {
  const models = new Map<string, { requests: number; priced: number; cost_usd: number }>();
  let cost = 0;
  let priced = 0;
  for (const { entry, loggedUsd } of requests) {
    const name = entry.model ?? 'unknown';
    const own = models.get(name) ?? { requests: 0, priced: 0, cost_usd: 0 };
    own.requests += 1;
    if (loggedUsd !== undefined) {
      own.priced += 1;
      own.cost_usd += loggedUsd * scale;
      cost += loggedUsd * scale;
      priced += 1;
    }
    models.set(name, own);
  }
  return {
    cost_usd: cost,
    priced,
    unpriced: requests.length - priced,
    models: Object.fromEntries([...models].sort((a, b) => b[1].cost_usd - a[1].cost_usd)),
  };
}

/** Bands of input tokens. */
const bands: [max: number, name: string][] = [
  [200, 'up to 200'],
  [1000, '200 to 1,000'],
  [8000, '1,000 to 8,000'],
  [32_000, '8,000 to 32,000'],
  [Number.POSITIVE_INFINITY, 'over 32,000'],
];

const lengthBand = (tokens: number): string => bands.find(([max]) => tokens <= max)![1];

function clustersOf(
  requests: readonly Estimated[],
  picks: Int16Array | undefined,
): ForecastReport['clusters'] {
  const groups = new Map<string, number[]>();
  for (const [i, { shape }] of requests.entries()) {
    const key = [shape.task, shape.language, lengthBand(shape.inputTokensEstimate)].join('\0');
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [i]);
    else rows.push(i);
  }
  const total = requests.reduce((sum, { row }) => sum + row.referenceUsd, 0);
  return [...groups]
    .map(([key, indexes]) => {
      const [task = '', language = '', length = ''] = key.split('\0');
      const rows = indexes.map((i) => requests[i]!.row);
      const cost = rows.reduce((sum, { referenceUsd }) => sum + referenceUsd, 0);
      const at =
        picks &&
        totalsOf(
          rows,
          Int16Array.from(indexes, (i) => picks[i]!),
        );
      return {
        task,
        language,
        length,
        requests: indexes.length,
        cost_usd: cost,
        cost_share: total > 0 ? cost / total : 0,
        saving: at?.saving ?? null,
        loss: at?.loss ?? null,
      };
    })
    .sort((a, b) => b.cost_usd - a.cost_usd)
    .slice(0, clustersMax);
}

function costlyOf(requests: readonly Estimated[]): ForecastReport['costly'] {
  return [...requests]
    .sort((a, b) => b.row.referenceUsd - a.row.referenceUsd)
    .slice(0, costlyMax)
    .map(({ entry, shape, row }) => ({
      id: entry.id.slice(0, 200),
      cost_usd: row.referenceUsd,
      task: shape.task,
      language: shape.language,
    }));
}
