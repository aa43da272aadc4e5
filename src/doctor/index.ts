export type { CheckResult } from './check.ts';
export { type Diagnosis, examine } from './examine.ts';
export { type Skippable, skippable } from './examine-abilities.ts';
