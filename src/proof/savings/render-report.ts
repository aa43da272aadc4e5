import { percentText, plusMinus, shareOf, usdText } from './figures-text.ts';
import {
  type AlternativeFigures,
  type CertificateFigures,
  type ReportData,
  type RouteFigures,
  type RowFigures,
  savingsGroups,
} from './report-data.ts';
import { type ReportLanguage, type ReportWords, reportWords } from './report-words.ts';
import { canonicalJson, fingerprintOf, type SignedReport } from './sign-report.ts';

/** A page that needs nothing else: no script runs, nothing is loaded. Its figures are those of the signed data and nothing besides. */
export function renderReport(report: SignedReport, language: ReportLanguage): string {
  const words = reportWords[language];
  const { data } = report;
  const sections = [
    section(words.money, money(data.total, words)),
    section(words.quality, quality(data, words)),
    section(words.certificates, certificates(data.certificates, words)),
    section(words.story, story(data, words)),
    ...savingsGroups.map((group) => section(words.groups[group], groupTable(data.by[group], words))),
    section(words.apart, list(words.apartLines(apartOf(data.total)))),
    section(words.method, words.methodLines.map((line) => `<p>${escaped(line)}</p>`).join('\n')),
    section(words.signature, signature(report, words)),
  ];
  return `<!doctype html>
<html lang="${words.htmlLang}">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(words.title)} ${escaped(data.from.slice(0, 10))}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(words.title)}</h1>
<p>${escaped(words.period(minute(data.from), minute(data.to)))}<br>${escaped(words.made(minute(data.made_at), data.version))}</p>
${sections.join('\n')}
<script type="application/json" id="yumen-report">${embedded(report)}</script>
</body>
</html>
`;
}

function money(total: RowFigures, words: ReportWords): string {
  const { columns, baselines } = words;
  const line = (name: string, cost: string | null, net: string | null, margin: string | null) => {
    if (cost === null || net === null) return [name, words.noMix, '', '', '', ''];
    const interval = margin === null || margin === '0' ? '' : ` ± ${usdText(margin)}`;
    const share = shareOf(net, cost);
    return [
      name,
      `${usdText(cost)}${interval}`,
      usdText(total.compared_cost_nano_usd),
      usdText(total.proof_nano_usd),
      `${usdText(net)}${interval}`,
      share === null ? '' : percentText(share),
    ];
  };
  const rows = [
    line(baselines.warm, total.warm_reference_nano_usd, total.net_warm_reference_nano_usd, null),
    line(
      baselines.single,
      total.best_single_nano_usd,
      total.net_best_single_nano_usd,
      total.best_single_margin_nano_usd,
    ),
    line(
      baselines.mix,
      total.random_mix_nano_usd,
      total.net_random_mix_nano_usd,
      total.random_mix_margin_nano_usd,
    ),
  ];
  const head = [columns.baseline, columns.wouldCost, columns.paid, columns.proof, columns.net, columns.share];
  const spent = words.spent(
    usdText(total.spent_nano_usd),
    usdText(total.other_attempts_nano_usd),
    usdText(total.signals_nano_usd),
    usdText(total.proof_nano_usd),
    usdText(total.judges_nano_usd),
  );
  const compared = words.compared(total.compared_requests, total.requests);
  return `${table(head, rows)}\n<p>${escaped(spent)} ${escaped(compared)}</p>`;
}

function quality({ routes, certificates: all }: ReportData, words: ReportWords): string {
  const rows = routes.map((one) => [
    one.route,
    one.target === null ? '' : String(one.target),
    one.quality === null || one.quality_margin === null
      ? words.noPairs
      : plusMinus(one.quality, one.quality_margin),
    String(one.pairs),
    alternativeText(one.best_single, words),
    one.random_mix === null ? words.noPairs : alternativeText(one.random_mix, words),
    certifiedText(one, all, words),
  ]);
  const candidates = routes.flatMap(({ route, candidates: own }) =>
    own.map((one) => [
      route,
      one.candidate,
      String(one.pairs),
      plusMinus(one.quality, one.quality_margin),
      plusMinus(one.cost_ratio, one.cost_ratio_margin),
    ]),
  );
  const more =
    candidates.length === 0
      ? ''
      : `\n<h3>${escaped(words.candidates)}</h3>\n${table(words.candidateColumns, candidates)}`;
  return `<p>${escaped(words.qualityNote)}</p>\n${table(words.qualityColumns, rows)}${more}`;
}

function alternativeText({ candidate, share, factor }: AlternativeFigures, words: ReportWords): string {
  if (candidate === null) return words.referenceAlone;
  const who = share === 1 ? candidate : words.mixed(percentText(share), candidate);
  return `${who} (× ${factor.toFixed(4)})`;
}

/** The newest that has not ended. */
function certifiedText(
  { route }: RouteFigures,
  certificates: readonly CertificateFigures[],
  words: ReportWords,
): string {
  const one = certificates.find((each) => each.route === route && each.ended_at === null);
  if (one === undefined) return words.noCertificate;
  return words.atMostLoss(one.issued.loss_bound.toFixed(4), percentText(one.confidence, 2));
}

function certificates(all: readonly CertificateFigures[], words: ReportWords): string {
  if (all.length === 0) return `<p>${escaped(words.noCertificates)}</p>`;
  const rows = all.map(({ issued, observed, ...one }) => [
    `${one.route} ${one.id}`,
    words.certifies(String(one.quality), percentText(one.confidence, 2), one.kind),
    words.evidence({
      ...issued,
      loss: issued.loss.toFixed(4),
      bound: issued.loss_bound.toFixed(4),
      judge: one.judge,
    }),
    words.recounted({
      ...observed,
      loss: observed.loss?.toFixed(4) ?? '?',
      cheap: observed.cheap_share === null ? '?' : percentText(observed.cheap_share),
    }),
    words.inForce(
      minute(one.issued_at),
      one.ended_at === null ? null : minute(one.ended_at),
      one.ended_because,
    ),
  ]);
  return table(words.certificateColumns, rows);
}

function story(data: ReportData, words: ReportWords): string {
  if (data.story.length === 0) return `<p>${escaped(words.noStory)}</p>`;
  const lines = data.story.map(({ at, route, sentence }) => `${minute(at)} ${route}: ${sentence}`);
  return `${list(lines)}${data.story_left_out ? `\n<p>${escaped(words.moreStory)}</p>` : ''}`;
}

function groupTable(rows: readonly RowFigures[], words: ReportWords): string {
  const lines = rows.map((row) => [
    row.group ?? words.none,
    String(row.requests),
    usdText(row.spent_nano_usd),
    usdText(row.compared_cost_nano_usd),
    usdText(row.warm_reference_nano_usd),
    usdText(row.proof_nano_usd),
    usdText(row.net_warm_reference_nano_usd),
    usdText(row.net_best_single_nano_usd),
    row.net_random_mix_nano_usd === null ? '–' : usdText(row.net_random_mix_nano_usd),
  ]);
  return table(['', ...words.groupColumns], lines);
}

function apartOf(total: RowFigures) {
  return {
    unrouted: total.unrouted_requests,
    failed: total.failed_requests,
    aborted: total.aborted_requests,
    unpriced: total.unpriced_requests,
    simulated: total.simulated_requests,
    proofUnpriced: total.proof_unpriced,
  };
}

function signature({ publicKey, signature: text }: SignedReport, words: ReportWords): string {
  const told = escaped(words.signed(fingerprintOf(publicKey)));
  return `<p>${told}</p>\n<pre>${escaped(publicKey.trim())}\n${escaped(text)}</pre>`;
}

/** No end of the element can be in it. */
function embedded(report: SignedReport): string {
  return canonicalJson(report).replaceAll('<', '\\u003c');
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${escaped(title)}</h2>\n${content}\n</section>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => cells('td', row)).join('\n');
  return `<table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function list(lines: readonly string[]): string {
  return `<ul>\n${lines.map((line) => `<li>${escaped(line)}</li>`).join('\n')}\n</ul>`;
}

const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const style = `
body { font: 14px/1.5 system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top; overflow-wrap: anywhere; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
@media print { body { font-size: 10px; max-width: none; margin: 0; } tr, h2 { break-inside: avoid; break-after: auto; } h2 { break-after: avoid; } thead { display: table-header-group; } }
@page { size: A4; margin: 15mm; }`;
