import type { RequestFacts } from '../../src/policy/index.ts';

/**
 * Made-up endpoints, rules and requests, and an oracle that says who may see what without using a line of the engine: it thinks of every
 * country in which an unset or vague place may be, and asks whether the rule holds in all of them.
 */
export interface Host {
  id: string;
  processing: string | undefined;
  storage: string | undefined;
  headquarters: string | undefined;
  selfHosted: boolean;
  /** Of the model that it serves; undefined = it has none. */
  origin: string | undefined;
}

export type MadeRule = { unknown: 'refuse' | 'allow' } & (
  | {
      kind: 'within' | 'outside';
      field: 'processing' | 'storage' | 'headquarters' | 'origin';
      area: string[];
    }
  | { kind: 'class-stays'; class: string }
  | { kind: 'research-only'; host: string }
);

export interface MadeRequest {
  project: string | undefined;
  stated: RequestFacts;
  claimed: RequestFacts | undefined;
}

export interface MadePack {
  project: string | undefined;
  rules: MadeRule[];
}

export type Random = () => number;

const union = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' ');
const elsewhere = 'CN HK US SG JP KR AU GB CH NO IS LI RU'.split(' ');
const somewhere = 'a country that nobody thought of';
const everywhere = [...union, ...elsewhere, somewhere];

const placeNames = [
  undefined,
  'DE',
  'FR',
  'EU',
  'US',
  'CN',
  'HK',
  'SG',
  'JP',
  'CH',
  'global',
  'global-except-cn',
  'dc-7',
];
const areas = [
  ['EU'],
  ['EEA'],
  ['DE'],
  ['US'],
  ['CN'],
  ['SG', 'JP', 'KR', 'AU'],
  ['EU', 'dc-7'],
  ['CN', 'HK'],
];
const classes = ['health', 'secret'];

export const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

export function madeHost(id: string, origin: string, random: Random): Host {
  const selfHosted = random() < 0.25;
  const processing = pick(placeNames, random);
  return {
    id,
    processing,
    storage: random() < 0.7 ? processing : pick(placeNames, random),
    headquarters: selfHosted ? undefined : pick(['US', 'CN', 'DE', 'SG', undefined], random),
    selfHosted,
    origin,
  };
}

export function madePack(hosts: readonly Host[], random: Random): MadePack {
  return {
    project: random() < 0.3 ? 'claims' : undefined,
    rules: Array.from({ length: 1 + Math.floor(random() * 3) }, () => madeRule(hosts, random)),
  };
}

function madeRule(hosts: readonly Host[], random: Random): MadeRule {
  const unknown = random() < 0.85 ? 'refuse' : 'allow';
  const kind = pick(['within', 'within', 'outside', 'class-stays', 'research-only'] as const, random);
  if (kind === 'class-stays') return { kind, unknown, class: pick(classes, random) };
  if (kind === 'research-only') return { kind, unknown, host: pick(hosts, random).id };
  const field = pick(['processing', 'processing', 'storage', 'headquarters', 'origin'] as const, random);
  return { kind, unknown, field, area: pick(areas, random) };
}

export function madeRequest(random: Random): MadeRequest {
  const said = (): RequestFacts => ({
    dataClasses: classes.filter(() => random() < 0.2),
    purpose: pick([undefined, undefined, 'research', 'production'], random),
    subjectRegion: undefined,
    tags: [],
  });
  const stated = said();
  const claim = random() < 0.5 ? said() : undefined;
  return {
    project: random() < 0.4 ? 'claims' : undefined,
    stated,
    claimed: claim && {
      ...claim,
      dataClasses: [...new Set([...stated.dataClasses, ...claim.dataClasses])],
      purpose: claim.purpose ?? stated.purpose,
    },
  };
}

/** The pack as an operator would write it. */
export function documentOf({ project, rules }: MadePack, id: string): unknown {
  return {
    id,
    ...(project !== undefined && { applies_to: { 'tenant.project': project } }),
    rules: rules.map((rule, index) => ({
      id: `r${index}`,
      why: 'made up',
      unknown: rule.unknown,
      ...wordsOf(rule),
    })),
  };
}

function wordsOf(rule: MadeRule): object {
  switch (rule.kind) {
    case 'within':
    case 'outside': {
      const fact = rule.field === 'origin' ? 'model.origin' : `endpoint.${rule.field}`;
      return { require: { [fact]: { [rule.kind]: rule.area } } };
    }
    case 'class-stays':
      return { when: { 'request.data_class': [rule.class] }, require: { 'endpoint.self_hosted': true } };
    case 'research-only':
      return { when: { not: { 'request.purpose': 'research' } }, deny: { 'endpoint.provider': rule.host } };
  }
}

/** Whether the host may see the request. */
export function mayOf(host: Host, request: MadeRequest, packs: readonly MadePack[]): boolean {
  return packs
    .filter(({ project }) => project === undefined || project === request.project)
    .every(({ rules }) => rules.every((rule) => obeys(host, request, rule)));
}

function obeys(host: Host, { stated, claimed = stated }: MadeRequest, rule: MadeRule): boolean {
  switch (rule.kind) {
    case 'class-stays':
      return host.selfHosted || ![...stated.dataClasses, ...claimed.dataClasses].includes(rule.class);
    case 'research-only': {
      if (host.id !== rule.host) return true;
      return [stated, claimed].every(
        ({ purpose }) => purpose === 'research' || (purpose === undefined && rule.unknown === 'allow'),
      );
    }
    default: {
      // Who runs a server of one's own has no headquarters: within nothing, outside of everything.
      if (rule.field === 'headquarters' && host.selfHosted) return rule.kind === 'outside';
      if (rule.field === 'origin' && host.origin === undefined) return rule.kind === 'outside';
      const place = host[rule.field];
      const truths = possible(place, rule.area).map((country) =>
        rule.kind === 'within' ? inArea(country, rule.area) : !inArea(country, rule.area),
      );
      return rule.unknown === 'refuse' ? truths.every(Boolean) : truths.some(Boolean);
    }
  }
}

/** Countries, or labels, in which the place may be. */
function possible(place: string | undefined, area: readonly string[]): string[] {
  if (place === undefined || place === 'global') return everywhere;
  if (place === 'global-except-cn') return everywhere.filter((country) => country !== 'CN');
  // Vendors count Norway, Iceland, Liechtenstein and Switzerland to it; a pack that names the EU takes them at their word.
  if (place === 'EU')
    return area.some((name) => name === 'EU' || name === 'EEA') ? union : [...union, 'NO', 'IS', 'LI', 'CH'];
  if (/^[A-Z]{2}$/.test(place)) return [place];
  return area.includes(place) ? [place] : everywhere;
}

const inArea = (country: string, area: readonly string[]): boolean =>
  area.some(
    (name) =>
      name === country ||
      ((name === 'EU' || name === 'EEA') && union.includes(country)) ||
      (name === 'EEA' && ['NO', 'IS', 'LI'].includes(country)),
  );
