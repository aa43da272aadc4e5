import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exhaustedForMs } from '../../src/upstream/rate-headers.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');

const told: { what: string; headers: { [name: string]: string }; ms: number | undefined }[] = [
  {
    what: 'requests that are used up, with a duration',
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6.5s' },
    ms: 6_500,
  },
  {
    what: 'minutes and milliseconds',
    headers: { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '0m20s120ms' },
    ms: 20_120,
  },
  {
    what: 'plain seconds',
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12' },
    ms: 12_000,
  },
  {
    what: 'a time',
    headers: {
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2026-11-23T12:00:30Z',
    },
    ms: 30_000,
  },
  {
    what: 'the longer of two',
    headers: {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '3s',
    },
    ms: 3_000,
  },
  {
    what: 'a day, which says no more than a minute',
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '24h0m0s' },
    ms: 60_000,
  },
  {
    what: 'something that remains',
    headers: { 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '6s' },
    ms: undefined,
  },
  { what: 'no end', headers: { 'x-ratelimit-remaining-requests': '0' }, ms: undefined },
  {
    what: 'an end that is no time',
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': 'soon' },
    ms: undefined,
  },
  {
    what: 'an empty count',
    headers: { 'x-ratelimit-remaining-requests': '', 'x-ratelimit-reset-requests': '6s' },
    ms: undefined,
  },
  { what: 'nothing', headers: {}, ms: undefined },
];
for (const { what, headers, ms } of told) {
  test(`rate headers that tell ${what} mean ${ms === undefined ? 'no rest' : `${ms} ms of rest`}`, () => {
    assert.equal(exhaustedForMs(headers, nowMs), ms);
  });
}
