import { calledAs, type Deployment, type Finding } from '../catalog/index.ts';
import type { CheckResult, Outcome, Verdict } from './check.ts';

/** Collects what is found, and tells each line as it comes. */
export class Report {
  readonly results: CheckResult[] = [];
  readonly findings: Finding[] = [];
  readonly #told: (result: CheckResult) => void;
  readonly #nowMs: () => number;

  constructor(told: (result: CheckResult) => void, nowMs: () => number) {
    this.#told = told;
    this.#nowMs = nowMs;
  }

  add(verdict: Verdict, about: Pick<CheckResult, 'provider' | 'deployment'>): void {
    const result: CheckResult = { ...about, ...verdict };
    this.results.push(result);
    this.#told(result);
  }

  keep(deployment: Deployment, found: Outcome['findings']): void {
    const as = calledAs(deployment);
    const atMs = this.#nowMs();
    for (const each of found) this.findings.push({ ...each, deployment: deployment.id, calledAs: as, atMs });
  }
}
