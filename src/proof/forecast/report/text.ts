import type { ForecastReport, ReportRung } from './report.ts';

/** The report for people at a terminal. */
export function forecastText(report: ForecastReport): string {
  const { log, today, route } = report;
  const lines = [
    `${log.requests} requests${span(log)}${log.used === log.requests ? '' : `, ${log.used} of them used`}`,
    ...badLines(log),
    `today       $${usd(today.cost_usd)} for the ${today.priced} with a known price; ${today.unpriced} without`,
    ...Object.entries(today.models)
      .slice(0, 8)
      .map(
        ([model, one]) =>
          `            ${model}: ${one.requests} requests, $${usd(one.cost_usd)}${one.priced < one.requests ? ` (${one.requests - one.priced} without a price)` : ''}`,
      ),
    `reference   ${route.reference} for all of them: $${usd(route.reference_cost_usd)}`,
    `candidates  ${route.candidates.join(', ') || 'none'}`,
    '',
    ...basisLines(report),
    ...table(report),
    '',
    ...recommendedLines(report),
    'where the money goes (at the reference’s price)',
    ...report.clusters.map(
      (one) =>
        `  ${percent(one.cost_share).padStart(6)}  ${one.task}, ${one.language}, ${one.length} tokens: ${one.requests} requests${one.saving === null ? '' : `, of which ${percent(one.saving)} saved at ${points(one.loss ?? 0)} points expected loss`}`,
    ),
    ...(report.costly.length === 0 ? [] : ['the dearest single requests']),
    ...report.costly.map((one) => `  $${usd(one.cost_usd)}  ${one.id} (${one.task}, ${one.language})`),
    '',
    'what is missing',
    ...report.missing.map((each) => `  ${each}`),
  ];
  return `${lines.join('\n')}\n`;
}

function badLines({ bad, bad_first }: ForecastReport['log']): string[] {
  if (bad === 0) return [];
  return [
    `unreadable  ${bad} records, the first of them:`,
    ...bad_first.map(({ file, line, why }) => `            ${file}, line ${line}: ${why}`),
  ];
}

function span({ from, to }: ForecastReport['log']): string {
  return from === null || to === null ? '' : ` from ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
}

function basisLines({ basis, judged, next_requests, confidence, curve }: ForecastReport): string[] {
  const joint = `${Math.round(100 * confidence)} % for saving and quality together, over the next ${next_requests} requests like these`;
  if (curve.length === 0) return ['No candidate is cheaper than the reference on any of these requests.'];
  return basis === 'priors'
    ? [`Nothing was called: this rests on priors. Intervals: ${joint}.`]
    : [
        `${judged?.usable ?? 0} requests were called and judged${judged?.stopped == null ? '' : ` (${judged.stopped})`}, for $${usd(judged?.spent_usd ?? 0)}. Intervals: ${joint}, all lines at once.`,
      ];
}

function table({ curve, recommended }: ForecastReport): string[] {
  if (curve.length === 0) return [];
  const rows = curve.map((one) => [
    one.rung === recommended?.rung ? '→' : '',
    percent(one.cheap_share),
    range(one.saving),
    range(one.quality),
    one.random_mix_saving === null ? '–' : percent(one.random_mix_saving),
    lambda(one),
  ]);
  const head = ['', 'cheap', 'saved', 'quality retained', 'random mix saves', 'λ, USD'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** USD per whole answer of quality. */
function lambda({ allowance }: ReportRung): string {
  if (allowance >= 1e9) return '0';
  return allowance <= 0 ? 'any' : Number((1 / allowance).toPrecision(3)).toString();
}

function recommendedLines({ recommended, route, curve }: ForecastReport): string[] {
  const target = percent(route.quality_target);
  if (recommended === null) {
    const why = curve.length === 0 ? 'nobody here is cheaper' : 'no rung is expected to keep it';
    return [
      `recommended  the reference: ${target} is not attainable on this traffic with these candidates (${why}).`,
      '',
    ];
  }
  const { saving, quality, saved_usd } = recommended;
  const sure =
    quality.low >= route.quality_target
      ? `even the lower end keeps ${target}`
      : `whether it keeps ${target} is not certain, so watch first`;
  return [
    `recommended  saves ${range(saving)} ($${usd(saved_usd.mean)}), keeps ${range(quality)}; ${sure}`,
    ...Object.entries(recommended.candidates).map(([id, share]) => `            ${percent(share)} ${id}`),
    '',
    ...recommended.yaml
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (loss: number): string => (100 * loss).toFixed(1);
const range = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
  `${percent(mean)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
const usd = (amount: number): string => (Math.abs(amount) < 0.1 ? amount.toFixed(6) : amount.toFixed(2));
