import type { Deployment } from '../catalog/index.ts';

/** What can be switched off at once, by which property of a deployment. */
export const killTargets = ['vendor', 'provider', 'model', 'lab', 'origin', 'deployment'] as const;
export type KillTarget = (typeof killTargets)[number];

/** Nothing that it names is called while it is there, whatever policies and routes say. */
export interface KillSwitch {
  id: string;
  target: KillTarget;
  /** Id of the vendor, provider, model or deployment; name of the lab; country of origin. Any case. */
  value: string;
  reason: string;
  /** Id of the key that set it. */
  setBy: string;
  atMs: number;
}

/** The first that names the deployment. */
export function killedBy(
  { id, model, provider }: Deployment,
  switches: readonly KillSwitch[],
): KillSwitch | undefined {
  if (switches.length === 0) return undefined;
  const properties: { readonly [target in KillTarget]: readonly string[] } = {
    vendor: [provider.vendor.id],
    provider: [provider.id],
    model: [model.id, ...model.aliases],
    lab: [model.lab],
    origin: [model.origin],
    deployment: [id],
  };
  return switches.find(({ target, value }) => {
    const wanted = value.toLowerCase();
    return properties[target].some((one) => one.toLowerCase() === wanted);
  });
}
