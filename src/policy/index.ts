export type { Admission, CalledCandidate } from './admit.ts';
export { PolicyError } from './condition.ts';
export { type FactName, factTable, type Home, nothingSaid, type RequestFacts, type Use } from './facts.ts';
export { openGate, type PolicyGate } from './gate.ts';
export { type KillSwitch, type KillTarget, killedBy, killTargets } from './kill-switch.ts';
export { type Level, type PackSettings, type PolicySettings, policiesSchema } from './pack.ts';
export { createPolicy, noPolicy, type Policy, type Refusal } from './policy.ts';
export { shippedPacks } from './shipped-packs.ts';
