import type { Candidate, Deployment } from '../catalog/index.ts';
import type { JsonObject } from '../protocol/index.ts';
import type { Asked, Caller, Probe } from './caller.ts';

/** Enough for a short answer, and for the thinking before it. */
const outputTokens = { plain: 256, thinking: 700 } as const;

/** A deployment under examination. */
export interface Subject {
  deployment: Deployment;
  caller: Caller;
  /** With thinking switched off where that is known to work, so that answers are short and cheap. */
  quiet: Candidate;
}

export function candidateOf(deployment: Deployment, effort: Candidate['effort']): Candidate {
  return { id: effort === 'default' ? deployment.id : `${deployment.id}#${effort}`, deployment, effort };
}

/** Thinking can be switched at this deployment, as far as the catalogue knows. */
export function isSwitchable({ model, provider }: Deployment): boolean {
  return model.capabilities.reasoning === 'optional' && provider.quirks.reasoningControl !== 'none';
}

export function probe(body: JsonObject, { deployment, effort }: Candidate): Probe {
  const mayThink = deployment.model.capabilities.reasoning !== 'none' && effort !== 'off';
  return { body, outputTokensMax: mayThink ? outputTokens.thinking : outputTokens.plain };
}

/** Asks the deployment as cheaply as it can be asked. */
export function askQuietly({ caller, quiet }: Subject, body: JsonObject): Promise<Asked> {
  return caller.ask(quiet, probe(body, quiet));
}
