import { type Candidate, type Deployment, selectPrice } from '../catalog/index.ts';
import type { Route } from '../gateway/index.ts';
import { type Provider, type Vendor, vendors } from '../providers/index.ts';
import { ok, type Verdict, warning } from './check.ts';
import type { Report } from './report.ts';

const presetWords = { low: 'low', high: 'high' } as const;

export interface OfflineExam {
  providers: Provider[];
  deployments: Deployment[];
  routes: Iterable<Route>;
  nowMs: number;
}

/** What can be told without a call. */
export function examineOffline({ providers, deployments, routes, nowMs }: OfflineExam, report: Report): void {
  for (const provider of providers)
    for (const verdict of judgeKeys(provider)) report.add(verdict, { provider: provider.id });
  for (const deployment of deployments) {
    const about = { provider: deployment.provider.id, deployment: deployment.id };
    for (const verdict of judgePrice(deployment, nowMs)) report.add(verdict, about);
  }
  for (const route of routes) for (const verdict of judgeRoute(route)) report.add(verdict, {});
}

/** Keys that look like another vendor's; what looks like nobody's says nothing. */
function judgeKeys({ keys, vendor, baseUrl }: Provider): Verdict[] {
  // A proxy or an engine of the operator's own may take whatever key.
  const own = Object.values(vendor.regions).some((region) => region.baseUrl === baseUrl);
  if (!own || vendor.engine !== undefined) return [];
  return keys.flatMap(({ id, secret }) => {
    if (vendor.keyPattern?.test(secret) === true) return [];
    const other = vendors.find((each: Vendor) => each.id !== vendor.id && each.keyPattern?.test(secret));
    if (other === undefined) return [];
    return [
      warning(
        'key',
        'key-of-another-vendor',
        `key «${id}» looks like a key of ${other.name}`,
        `give a key of ${vendor.name}, or set vendor: ${other.id}`,
      ),
    ];
  });
}

function judgePrice({ prices, provider, model }: Deployment, nowMs: number): Verdict[] {
  if (model.simulated) return [];
  const row = selectPrice(prices, { atMs: nowMs, inputTokens: 0, region: provider.region });
  if (row !== undefined) return [ok('price', `known (${row.source}, ${row.asOf})`)];
  const remedy = 'state price of the deployment, in USD per 1M tokens; { input: 0, output: 0 } is free';
  const ended = prices.filter(({ to }) => to !== undefined && Date.parse(to) <= nowMs);
  if (prices.length > 0 && ended.length === prices.length)
    return [
      warning(
        'price',
        'price-ended',
        `its last price ended on ${ended
          .map(({ to }) => to!)
          .sort()
          .at(-1)}: the model may be retired`,
        `look whether the vendor still serves it, then ${remedy}`,
      ),
    ];
  return [
    warning('price', 'price-unknown', 'its price is unknown: it is never chosen for being cheap', remedy),
  ];
}

function judgeRoute({ name, reference, candidates }: Route): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const candidate of candidates) {
    const word = candidate.effort in presetWords ? candidate.effort : undefined;
    const known = candidate.deployment.provider.quirks.reasoningEfforts;
    if (word !== undefined && known !== undefined && !known.includes(word))
      verdicts.push(
        warning(
          'route',
          'effort-unknown',
          `route «${name}»: ${candidate.id}: its upstream knows the efforts ${known.join(', ')}, not ${word}`,
          'name the candidate without an effort, or with one that it knows',
        ),
      );
    if (candidate.id === reference.id) continue;
    const lacking = lacks(candidate, reference);
    if (lacking.length > 0)
      verdicts.push(
        warning(
          'route',
          'route-lacks-capability',
          `route «${name}»: ${candidate.id} lacks what ${reference.id} has: ${lacking.join(', ')}; such requests never go to it`,
          undefined,
        ),
      );
  }
  if (verdicts.length === 0)
    verdicts.push(ok('route', `route «${name}»: its candidates can do what its reference can`));
  return verdicts;
}

function lacks(
  { deployment: { model } }: Candidate,
  { deployment: { model: reference } }: Candidate,
): string[] {
  const words = {
    tools: 'tools',
    jsonSchema: 'JSON schemas',
    imageInput: 'images',
    documentInput: 'documents',
  };
  const lacking = Object.entries(words).flatMap(([field, word]) => {
    const key = field as keyof typeof words;
    return reference.capabilities[key] && !model.capabilities[key] ? [word] : [];
  });
  if (model.contextTokens < reference.contextTokens)
    lacking.push(`context (${model.contextTokens} of ${reference.contextTokens} tokens)`);
  return lacking;
}
