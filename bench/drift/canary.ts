import { CanaryWatch, type Watched } from '../../src/proof/canary/canary-watch.ts';

/** How the other form of a route differs from the usual one. */
interface Difference {
  fails?: number;
  slow?: number;
  loss?: number;
}

const share = 0.05;
const usual = { fails: 0.01, slow: 0.05, loss: 0.03 };
/** Of requests of the usual form that are compared with the reference; of the canary as many as that makes. */
const judgedShare = 0.05;

export interface CanaryRun {
  /** Requests of the canary until it was taken back; undefined = never. */
  takenBackAt: number | undefined;
  because: Watched | undefined;
}

export function canaryRun(requests: number, more: Difference, random: () => number): CanaryRun {
  const watch = new CanaryWatch();
  for (let i = 0; i < requests; i++) {
    const variant = random() < share ? 'canary' : 'usual';
    const by = variant === 'canary' ? more : {};
    const firstMs = (random() < usual.slow + (by.slow ?? 0) ? 4000 : 400) * (0.5 + random());
    watch.over(variant, random() < usual.fails + (by.fails ?? 0), firstMs);
    const isJudged = random() < (variant === 'canary' ? Math.min(1, judgedShare / share) : judgedShare);
    if (isJudged) watch.judged(variant, random() < usual.loss + (by.loss ?? 0) ? 1 : 0, 1);
    if (watch.worse !== undefined) return { takenBackAt: watch.requests.canary, because: watch.worse };
  }
  return { takenBackAt: undefined, because: undefined };
}
