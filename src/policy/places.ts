/** A place as vendors and operators write it: an ISO 3166 code, a zone, `global`, `global-except-cn`, or a label such as `on-prem`. */
export type Place = string;

const europeanUnion =
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' ');

/** Zones by their members. `EEA` is the EU with Iceland, Liechtenstein and Norway. */
const zones: { readonly [zone: string]: readonly string[] } = {
  EU: europeanUnion,
  EEA: [...europeanUnion, 'IS', 'LI', 'NO'],
};

/** Where a vendor's «EU» may also be: providers count the European Economic Area and Switzerland to it. */
const besideTheUnion = ['IS', 'LI', 'NO', 'CH'];

/** Both answers are certain ones: undefined where the place is unset, a label, or a zone that is only partly in the area. */
export interface Area {
  /** Whether all of the place is in it. */
  contains(place: Place | undefined): boolean | undefined;
  /** Whether none of the place is in it. */
  excludes(place: Place | undefined): boolean | undefined;
}

export function areaOf(names: readonly Place[]): Area {
  const members = new Set(names.flatMap((name) => [name, ...(zones[name] ?? [])]));
  return {
    contains: (place) => standing(place, members),
    excludes(place) {
      const inside = standing(place, members);
      return inside === undefined ? undefined : !inside;
    },
  };
}

/** True: all of it is in; false: nothing of it is; undefined: part of it, or nobody can say. */
function standing(place: Place | undefined, members: ReadonlySet<Place>): boolean | undefined {
  if (place === undefined) return undefined;
  if (members.has(place)) return true;
  if (place === 'global-except-cn')
    return [...members].every((member) => member === 'CN') ? false : undefined;
  const parts = zones[place];
  if (parts !== undefined) {
    if (parts.every((part) => members.has(part))) return true;
    return [...parts, ...besideTheUnion].some((part) => members.has(part)) ? undefined : false;
  }
  return isCountry(place) ? false : undefined;
}

const isCountry = (place: Place): boolean => /^[A-Z]{2}$/.test(place);
