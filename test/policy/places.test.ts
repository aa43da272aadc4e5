import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaOf } from '../../src/policy/places.ts';

const cases: [place: string | undefined, area: string[], contains: boolean | undefined][] = [
  ['DE', ['EU'], true],
  ['CH', ['EU'], false],
  ['NO', ['EEA'], true],
  ['EU', ['EU'], true],
  ['EU', ['EEA'], true],
  // A vendor's «EU» may be in Switzerland too.
  ['EU', ['CH'], undefined],
  ['EU', ['DE'], undefined],
  ['EU', ['US'], false],
  ['US', ['EU'], false],
  ['CN', ['CN'], true],
  ['HK', ['CN'], false],
  // Anywhere: neither in nor out.
  ['global', ['EU'], undefined],
  ['global', ['global'], true],
  ['global-except-cn', ['CN'], false],
  ['global-except-cn', ['CN', 'HK'], undefined],
  ['global-except-cn', ['US'], undefined],
  [undefined, ['EU'], undefined],
  ['on-prem', ['EU'], undefined],
  ['on-prem', ['EU', 'on-prem'], true],
  ['de', ['EU'], undefined],
];

test('areaOf() says of a place whether it is in the area only where that is certain', () => {
  for (const [place, area, contains] of cases) {
    const about = `${place} in ${area.join(', ')}`;
    assert.equal(areaOf(area).contains(place), contains, about);
    assert.equal(areaOf(area).excludes(place), contains === undefined ? undefined : !contains, about);
  }
});
