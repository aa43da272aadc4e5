import type { Estimated } from '../estimate.ts';
import type { BuildInput } from './build.ts';

/** With fewer requests than this of a language, nothing is said about it on its own. */
const languageRowsMin = 100;
const evidenceRowsMin = 30;

/** What the forecast does not know, and what would tell it. */
export function missingOf(input: BuildInput): string[] {
  return [
    ...aboutBasis(input),
    ...aboutLog(input),
    ...aboutAnswers(input),
    ...aboutLanguages(input.estimated.requests),
    ...aboutCandidates(input),
    'Each request is priced by itself, at list prices and without warm prompt caches; long conversations with the reference cost less than is shown, and so save less.',
  ];
}

function aboutBasis({ basis, estimated, judged }: BuildInput): string[] {
  if (basis === 'priors')
    return [
      'The quality rests on priors: on what the router learned from published examinations, none of it your traffic. --run calls the candidates on a sample and judges them, which makes the interval several times narrower.',
    ];
  const usable = judged?.usable ?? 0;
  return usable < 100
    ? [
        `Only ${usable} requests were judged; 300 make the interval about ${Math.sqrt(300 / Math.max(1, usable)).toFixed(1)} times narrower.`,
      ]
    : estimated.requests.length < usable * 2
      ? ['Most of the log was judged, so what limits the interval is the log itself: give a longer one.']
      : [];
}

function aboutLog({ read, estimated }: BuildInput): string[] {
  const said: string[] = [];
  if (read.entries.length < read.requests)
    said.push(
      `The log has ${read.requests} requests; a random sample of ${read.entries.length} was used. --limit takes more.`,
    );
  if (read.bad.count > 0) said.push(`Records that could not be read are left out: ${read.bad.count}.`);
  const undecided = [...estimated.undecided].map(([why, count]) => `${count} (${why})`);
  if (undecided.length > 0)
    said.push(`Requests that the route could not have served are left out: ${undecided.join(', ')}.`);
  if (read.firstMs === undefined)
    said.push('The log has no times: the intervals are for as many requests again, not for a month.');
  return said;
}

function aboutAnswers({ estimated }: BuildInput): string[] {
  const { requests, lengthsFrom } = estimated;
  const known = requests.filter(({ row }) => row.referenceKnown).length;
  const said: string[] = [];
  if (lengthsFrom === 0)
    said.push(
      'The log has no answers with token counts: how long answers become, and so all costs, are guesses by kind of work.',
    );
  if (known < requests.length)
    said.push(
      `For ${requests.length - known} of ${requests.length} requests the reference’s answer is not in the log; its cost there is an estimate.`,
    );
  return said;
}

function aboutLanguages(requests: readonly Estimated[]): string[] {
  const counts = new Map<string, number>();
  for (const { shape } of requests) counts.set(shape.language, (counts.get(shape.language) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count < languageRowsMin && count < requests.length)
    .map(
      ([language, count]) =>
        `Only ${count} requests are in «${language}»; the forecast says little of that language by itself.`,
    );
}

function aboutCandidates({ estimated }: BuildInput): string[] {
  const said: string[] = [];
  for (const { id } of estimated.candidates) {
    let rows = 0;
    let without = 0;
    for (const one of estimated.requests) {
      const at = one.candidates.indexOf(id);
      if (at < 0) continue;
      rows += 1;
      if (one.evidence[at]! < evidenceRowsMin) without += 1;
    }
    const unpriced = estimated.unpriced.get(id) ?? 0;
    if (rows === 0 && unpriced > 0)
      said.push(`${id} has no price, so it is never chosen: state its price under \`deployments\`.`);
    else if (rows === 0) said.push(`${id} can serve none of these requests.`);
    else if (without > rows / 2)
      said.push(
        `For ${Math.round((100 * without) / rows)} % of the requests no outcomes of ${id} on such work are known, only its published scores or less: its interval is wide.`,
      );
  }
  return said;
}
