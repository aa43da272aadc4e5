/**
 * Whether anything ever leaves where it must stay: made-up packs, fleets, outages and strategies, judged by an oracle that shares no code with
 * the engine. `npm run campaign:residency -- [--decisions 1000000] [--requests 20000] [--seed 1]`; about ten minutes.
 */
import { parseArgs } from 'node:util';
import { runDecisions } from '../test/policy/residency-decisions.ts';
import { runRound } from '../test/policy/residency-sockets.ts';

const { values: flags } = parseArgs({
  options: {
    decisions: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
  },
});
const perRound = 500;

const startedMs = performance.now();
const made = runDecisions(Number(flags.decisions), Number(flags.seed));
console.log(
  `decisions: ${made.decisions}, nobody allowed or able in ${made.refused}; contacts ${made.contacts}, ` +
    `against the policy ${made.violations.length}, where a place is not stated ${made.unsetContacts}; ` +
    `kept out though allowed ${made.overRefusals.length}; ${seconds()} s`,
);

const total = { requests: 0, answered: 0, refused: 0, failed: 0, kept: 0, violations: [] as string[] };
const contacts: { [kind: string]: number } = {};
for (let round = 0; total.requests < Number(flags.requests); round++) {
  const counts = await runRound(perRound, Number(flags.seed) * 10_000 + round);
  for (const name of ['requests', 'answered', 'refused', 'failed', 'kept'] as const)
    total[name] += counts[name];
  for (const [kind, n] of Object.entries(counts.contacts)) contacts[kind] = (contacts[kind] ?? 0) + n;
  total.violations.push(...counts.violations);
}
const seen = Object.entries(contacts).map(([kind, n]) => `${kind} ${n}`);
console.log(
  `over sockets: ${total.requests} requests, answered ${total.answered}, refused ${total.refused}, failed ${total.failed}; ` +
    `seen by ${seen.join(', ')}; texts kept ${total.kept}; against the policy ${total.violations.length}; ${seconds()} s`,
);
for (const violation of [...made.violations, ...total.violations].slice(0, 5)) console.log(violation);
const failed =
  made.violations.length + made.unsetContacts + made.overRefusals.length + total.violations.length;
console.log(failed === 0 ? 'verdict: nothing left where it must stay' : `verdict: FAILED (${failed})`);
process.exitCode = failed === 0 ? 0 : 1;

function seconds(): string {
  return ((performance.now() - startedMs) / 1000).toFixed(0);
}
