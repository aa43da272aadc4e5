import { type Deployment, type Finding, selectPrice } from '../catalog/index.ts';
import type { Snapshot } from '../gateway/index.ts';
import type { Provider } from '../providers/index.ts';
import type { Clock, NanoUsd } from '../std/index.ts';
import type { Signers, Timeouts, Transport } from '../upstream/index.ts';
import { Caller } from './caller.ts';
import type { CheckResult } from './check.ts';
import type { Skippable } from './examine-abilities.ts';
import { examineProvider } from './examine-provider.ts';
import { examineOffline } from './offline.ts';
import { Purse } from './purse.ts';
import { Report } from './report.ts';

export interface Examination {
  /** The catalogue as it is claimed to be, without earlier findings. */
  snapshot: Pick<Snapshot, 'catalog' | 'routes' | 'timeouts'>;
  /** Deployments that the operator wrote down; undefined = none were, and the cheapest of each provider stands for it. */
  configured: readonly string[] | undefined;
  /** Only this provider. */
  provider?: string | undefined;
  /** Only this deployment. */
  deployment?: string | undefined;
  skip: ReadonlySet<Skippable>;
  offline: boolean;
  maxNano: NanoUsd;
}

export interface ExaminationTools {
  clock: Clock;
  transport: Transport;
  signers: Signers;
  pause(ms: number): Promise<void>;
  /** Ends the examination early; what was found until then stands. */
  signal: AbortSignal;
  /** Told each line as it is known. */
  told(result: CheckResult): void;
}

export interface Diagnosis {
  results: CheckResult[];
  findings: Finding[];
  spentNano: NanoUsd;
  /** The examination was ended early. */
  stopped: boolean;
}

/** A deployment with many neighbours is not worth an evening: the others are examined when they are named. */
const deploymentsMax = 12;

/** The longest waits of a check, whatever the configuration allows traffic. */
const checkTimeouts: Timeouts = {
  connectMs: 10_000,
  firstByteMs: 60_000,
  interChunkMs: 30_000,
  totalMs: 120_000,
};

/** Examines the providers and deployments that are asked for, one after the other, and says what it found. */
export async function examine(exam: Examination, tools: ExaminationTools): Promise<Diagnosis> {
  const { clock } = tools;
  const report = new Report(tools.told, () => clock.nowMs());
  const purse = new Purse(exam.maxNano, () => clock.nowMs());
  const chosen = choose(exam, clock.nowMs());
  examineOffline(
    {
      providers: chosen.map(({ provider }) => provider),
      deployments: chosen.flatMap(({ deployments }) => deployments),
      routes:
        exam.provider === undefined && exam.deployment === undefined ? exam.snapshot.routes.values() : [],
      nowMs: clock.nowMs(),
    },
    report,
  );
  if (!exam.offline) {
    const timeouts = shorter(exam.snapshot.timeouts, checkTimeouts);
    const caller = new Caller({ ...tools, purse, timeouts });
    for (const { provider, deployments, left } of chosen) {
      if (tools.signal.aborted) break;
      await examineProvider({ provider, deployments, skip: exam.skip }, caller, report);
      if (left > 0)
        report.add(
          {
            check: 'answer',
            status: 'skipped',
            says: `${left} more deployments were not examined: name one with --deployment`,
          },
          { provider: provider.id },
        );
    }
  }
  const { results, findings } = report;
  return { results, findings, spentNano: purse.spentNano, stopped: tools.signal.aborted };
}

interface Chosen {
  provider: Provider;
  deployments: Deployment[];
  /** Deployments of it that are left out. */
  left: number;
}

function choose(
  { snapshot, configured, provider: only, deployment: id }: Examination,
  nowMs: number,
): Chosen[] {
  const chat = snapshot.catalog.deployments().filter(({ model }) => (model.kind ?? 'chat') === 'chat');
  const wanted = id === undefined ? undefined : snapshot.catalog.findDeployment(id);
  return snapshot.catalog
    .providers()
    .filter(({ id: name, vendor }) => {
      if (vendor.simulated) return false;
      if (wanted !== undefined) return name === wanted.provider.id;
      return only === undefined || name.toLowerCase() === only.toLowerCase();
    })
    .map((provider) => {
      if (wanted !== undefined) return { provider, deployments: [wanted], left: 0 };
      const here = chat.filter((each) => each.provider.id === provider.id);
      const named = here.filter((each) => configured?.includes(each.id));
      const deployments = named.length > 0 ? named.slice(0, deploymentsMax) : cheapest(here, nowMs);
      const left = named.length > 0 ? named.length - deployments.length : 0;
      return { provider, deployments, left };
    });
}

/** One stands for all that the catalogue knows a vendor to serve. */
function cheapest(deployments: Deployment[], nowMs: number): Deployment[] {
  const priced = deployments.flatMap((deployment) => {
    const { prices, provider } = deployment;
    const row = selectPrice(prices, { atMs: nowMs, inputTokens: 0, region: provider.region });
    return row === undefined ? [] : [{ deployment, price: row.input + row.output }];
  });
  priced.sort((one, other) => one.price - other.price);
  const best = priced[0]?.deployment ?? deployments[0];
  return best === undefined ? [] : [best];
}

function shorter(one: Timeouts, other: Timeouts): Timeouts {
  return {
    connectMs: Math.min(one.connectMs, other.connectMs),
    firstByteMs: Math.min(one.firstByteMs, other.firstByteMs),
    interChunkMs: Math.min(one.interChunkMs, other.interChunkMs),
    totalMs: Math.min(one.totalMs, other.totalMs),
  };
}
