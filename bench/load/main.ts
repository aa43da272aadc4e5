/**
 * Ten deployments of one model with planted failures, over real sockets: who got which share, how soon what fails was left alone and found
 * again, and how many retries that took. `npm run campaign:load -- --seconds 75 --rate 40 --balance weight`
 */
import { parseArgs } from 'node:util';
import { type DeploymentReport, type LoadCampaign, runLoadCampaign } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '75' },
    rate: { type: 'string', default: '40' },
    balance: { type: 'string', default: 'weight' },
  },
});
const campaign: LoadCampaign = {
  seconds: Number(values.seconds),
  perSecond: Number(values.rate),
  balance: values.balance as LoadCampaign['balance'],
};

const report = await runLoadCampaign(campaign);

console.log(
  `${report.requests} requests at ${campaign.perSecond}/s, balance: ${campaign.balance}; ` +
    `${report.failed} failed; retries ${percent(report.retryShare)} of the requests\n`,
);
console.log(
  'deployment | weight | planted                  | calls | answered | share (declared)               | left alone after | found again',
);
console.log(
  '---------- | ------ | ------------------------ | ----- | -------- | ------------------------------ | ---------------- | -----------',
);
for (const row of report.deployments) console.log(line(row));

const skewed = report.deployments.filter(
  ({ share, declaredShare }) =>
    campaign.balance === 'weight' && declaredShare !== undefined && Math.abs(share / declaredShare - 1) > 0.1,
);
if (report.failed > 0 || report.retryShare > 0.2 || skewed.length > 0) process.exitCode = 1;

function line(row: DeploymentReport): string {
  const declared = row.declaredShare === undefined ? '' : ` (${percent(row.declaredShare)} of the healthy)`;
  const ejected =
    row.ejected === undefined ? '' : `${row.ejected.calls} calls, ${seconds(row.ejected.afterMs)}`;
  return [
    row.id.padEnd(10),
    String(row.weight).padStart(6),
    row.planted.padEnd(24),
    String(row.calls).padStart(5),
    String(row.answered).padStart(8),
    `${percent(row.share)}${declared}`.padEnd(30),
    ejected.padEnd(16),
    row.recoveredAfterMs === undefined ? '' : seconds(row.recoveredAfterMs),
  ].join(' | ');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
