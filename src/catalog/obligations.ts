import type { Deployment } from './deployment.ts';
import type { Obligation } from './model.ts';

/**
 * What calling a deployment obliges to: all terms of the weights where the operator runs them, else only those that also bind who
 * calls a vendor. The vendor's own contract comes on top. For people to read, not legal advice.
 */
export function obligationsOf({ model, provider }: Deployment): Obligation[] {
  const runsWeights = provider.vendor.headquarters === undefined && !provider.vendor.simulated;
  return (model.licence.obligations ?? []).filter(({ binds }) => runsWeights || binds === 'always');
}
