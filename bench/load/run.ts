import { type FakeUpstream, startFakeUpstream } from '../../test/support/fake-upstream.ts';
import { startYumen } from '../../test/support/start-yumen.ts';

export interface LoadCampaign {
  seconds: number;
  perSecond: number;
  balance: 'price' | 'weight' | 'least-busy' | 'latency';
}

/** What one deployment saw; counted by the upstream itself. */
export interface DeploymentReport {
  id: string;
  planted: string;
  weight: number;
  calls: number;
  answered: number;
  share: number;
  /** Share of the weights of those that work. */
  declaredShare: number | undefined;
  /** Calls it got, and time that passed, from the first failure until it was left alone. */
  ejected: { calls: number; afterMs: number } | undefined;
  /** From its recovery to its first answer. */
  recoveredAfterMs: number | undefined;
}

export interface LoadReport {
  requests: number;
  failed: number;
  /** Calls beyond one for each request, as a share of the requests. */
  retryShare: number;
  deployments: DeploymentReport[];
}

interface Planted {
  id: string;
  planted: string;
  weight: number;
  limits?: string;
  /** Works from beginning to end, so that its share should be as declared. */
  works?: boolean;
  status(atMs: number): number;
  delayMs: number;
  headers?: { [name: string]: string };
}

const usualMs = 60;
/** Without a call for so long a deployment counts as left alone: ten at their weights are called several times a second. */
const quietMs = 3_000;

/** Ten deployments of one model; the mortal one is dead in the second fifth of the campaign. */
function plantedIn(seconds: number): Planted[] {
  const deadFromMs = seconds * 200;
  const deadToMs = seconds * 400;
  const vendorPerWindow = 10;
  const vendorWindowMs = 10_000;
  const admitted: number[] = [];
  let calls = 0;
  const ok = () => 200;
  return [
    { id: 'dead', planted: 'resets every connection', weight: 2, status: () => 0, delayMs: 1 },
    {
      id: 'half',
      planted: '500 every other time',
      weight: 2,
      status: () => (calls++ % 2 === 0 ? 500 : 200),
      delayMs: usualMs,
    },
    {
      id: 'limited',
      planted: '429 beyond 10 in 10 s',
      weight: 2,
      status(atMs) {
        if (admitted.filter((at) => at > atMs - vendorWindowMs).length >= vendorPerWindow) return 429;
        admitted.push(atMs);
        return 200;
      },
      delayMs: usualMs,
      headers: { 'retry-after': '5' },
    },
    { id: 'slow-1', planted: 'five times slower', weight: 1, status: ok, delayMs: usualMs * 5 },
    { id: 'slow-2', planted: 'five times slower', weight: 2, status: ok, delayMs: usualMs * 5 },
    {
      id: 'mortal',
      planted: `dead from ${deadFromMs / 1000} s to ${deadToMs / 1000} s`,
      weight: 3,
      status: (atMs) => (atMs >= deadFromMs && atMs < deadToMs ? 0 : 200),
      delayMs: usualMs,
    },
    {
      id: 'metered',
      planted: 'limits: 30 a minute',
      weight: 1,
      limits: 'limits: { requests_per_minute: 30 }',
      status: ok,
      delayMs: usualMs,
    },
    { id: 'healthy-2', planted: '', weight: 2, works: true, status: ok, delayMs: usualMs },
    { id: 'healthy-3', planted: '', weight: 3, works: true, status: ok, delayMs: usualMs },
    { id: 'healthy-4', planted: '', weight: 4, works: true, status: ok, delayMs: usualMs },
  ];
}

interface Running {
  planted: Planted;
  upstream: FakeUpstream;
}

/** Ten fake vendors on loopback sockets, the gateway between them and a steady stream of requests. */
export async function runLoadCampaign(campaign: LoadCampaign): Promise<LoadReport> {
  const startMs = performance.now();
  const running: Running[] = await Promise.all(
    plantedIn(campaign.seconds).map(async (planted) => ({
      planted,
      upstream: await startFakeUpstream({
        dialect: 'openai-chat',
        script: ({ receivedAtMs }) => replyOf(planted, receivedAtMs - startMs),
      }),
    })),
  );
  const yumen = await startYumen(configOf(running, campaign));
  const statuses: number[] = [];
  try {
    const requests: Promise<void>[] = [];
    const count = campaign.seconds * campaign.perSecond;
    for (let at = 0; at < count; at++) {
      const dueMs = startMs + (at * 1000) / campaign.perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      requests.push(
        yumen
          .post('/v1/chat/completions', {
            model: 'shared-model',
            stream: at % 3 === 0,
            messages: [{ role: 'user', content: `Question number ${at}?` }],
          })
          .then(async (response) => {
            await response.text();
            statuses.push(response.status);
          }),
      );
    }
    await Promise.all(requests);
    return reportOf(running, statuses, startMs, campaign);
  } finally {
    await yumen.close();
    await Promise.all(running.map(({ upstream }) => upstream.close()));
  }
}

function replyOf(planted: Planted, atMs: number) {
  const status = planted.status(atMs);
  if (status === 0) return { drop: true };
  const { delayMs, headers } = planted;
  if (status === 200) return { headDelayMs: delayMs, text: 'An answer.' };
  return { headDelayMs: 5, status, error: { message: `planted ${status}` }, ...(headers && { headers }) };
}

function configOf(running: Running[], { balance }: LoadCampaign): string {
  const providers = running.map(
    ({ planted, upstream }) =>
      `  - { id: ${planted.id}, vendor: openai-compatible, api_key: key-of-${planted.id}, base_url: "${upstream.baseUrl}" }`,
  );
  const deployments = running.map(
    ({ planted: { id, weight, limits } }) =>
      `  - { model: shared-model, provider: ${id}, weight: ${weight}${limits === undefined ? '' : `, ${limits}`} }`,
  );
  return ['providers:', ...providers, 'deployments:', ...deployments, `balance: ${balance}`, ''].join('\n');
}

function reportOf(
  running: Running[],
  statuses: number[],
  startMs: number,
  { seconds }: LoadCampaign,
): LoadReport {
  const total = running.reduce((sum, { upstream }) => sum + upstream.requests.length, 0);
  const working = running.filter(({ planted }) => planted.works === true);
  const weights = working.reduce((sum, { planted }) => sum + planted.weight, 0);
  const callsOfWorking = working.reduce((sum, { upstream }) => sum + upstream.requests.length, 0);
  return {
    requests: statuses.length,
    failed: statuses.filter((status) => status !== 200).length,
    retryShare: (total - statuses.length) / statuses.length,
    deployments: running.map(({ planted, upstream }) => {
      const works = planted.works === true;
      const calls = upstream.requests.length;
      return {
        id: planted.id,
        planted: planted.planted,
        weight: planted.weight,
        calls,
        answered: upstream.served.filter(({ finished, status }) => finished && status === 200).length,
        share: calls / (works ? callsOfWorking : total),
        declaredShare: works ? planted.weight / weights : undefined,
        ejected:
          works || planted.limits !== undefined
            ? undefined
            : ejectionOf(upstream, startMs, planted.id === 'mortal' ? seconds * 200 : 0),
        recoveredAfterMs: planted.id === 'mortal' ? recoveryOf(upstream, startMs, seconds * 400) : undefined,
      };
    }),
  };
}

/** Its calls since `fromMs` up to the first long silence. */
function ejectionOf(
  { requests }: FakeUpstream,
  startMs: number,
  fromMs: number,
): DeploymentReport['ejected'] {
  const times = requests.map(({ receivedAtMs }) => receivedAtMs - startMs).filter((atMs) => atMs >= fromMs);
  const last = times.findIndex(
    (atMs, index) => (times[index + 1] ?? Number.POSITIVE_INFINITY) - atMs >= quietMs,
  );
  return times.length === 0 ? undefined : { calls: last + 1, afterMs: times[last]! - times[0]! };
}

function recoveryOf({ requests, served }: FakeUpstream, startMs: number, fromMs: number): number | undefined {
  const first = requests.find(
    ({ receivedAtMs, index }) => receivedAtMs - startMs >= fromMs && served[index]?.status === 200,
  );
  return first === undefined ? undefined : first.receivedAtMs - startMs - fromMs;
}
