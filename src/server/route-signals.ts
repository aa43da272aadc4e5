import type { Candidate, Catalog, Deployment } from '../catalog/index.ts';
import type { RouteSignals } from '../gateway/index.ts';
import type { RouteConfig } from './config.ts';

type Settings = NonNullable<RouteConfig['signals']>;

/** Compiles whom a route asks where it is undecided. Throws an Error that names the field and what would make it right. */
export function signalsOf(
  { judge, embedding, share_max, in_observe }: Settings,
  reference: Candidate,
  catalog: Catalog,
): RouteSignals {
  const sources: RouteSignals['sources'][number][] = [];
  if (embedding !== undefined) {
    const callees = embeddingCallees(embedding.model, catalog);
    checkAll('signals.embedding', callees, reference);
    sources.push({
      name: 'embedding',
      callees,
      deadlineMs: embedding.deadline_ms,
      askCharsMax: embedding.ask_chars_max,
    });
  }
  if (judge !== undefined) {
    const callees = judgeCallees(judge.model, catalog);
    checkAll('signals.judge', callees, reference);
    sources.push({
      name: 'judge',
      callees,
      deadlineMs: judge.deadline_ms,
      askCharsMax: judge.ask_chars_max,
    });
  }
  return { sources, shareMax: share_max, inObserve: in_observe };
}

/** A digit needs no thinking, and thinking takes longer than a request can wait. */
function judgeCallees(name: string, catalog: Catalog): Candidate[] {
  const candidates = catalog.candidates(name);
  if (candidates.length === 0) {
    throw new Error(
      `signals.judge.model: there is no chat model «${name}» here: list it under deployments, or use a catalogue name that a configured provider serves`,
    );
  }
  return candidates.map((candidate) => {
    const { deployment, effort } = candidate;
    return effort === 'default' && isSwitchable(deployment)
      ? { id: `${deployment.id}#off`, deployment, effort: 'off' }
      : candidate;
  });
}

function isSwitchable({ model, provider }: Deployment): boolean {
  return model.capabilities.reasoning === 'optional' && provider.quirks.reasoningControl !== 'none';
}

function embeddingCallees(name: string, catalog: Catalog): Candidate[] {
  const known = catalog.deploymentsOf(name, 'embedding');
  const deployments = known.length > 0 ? known : undescribed(name, catalog);
  if (deployments.length === 0) {
    throw new Error(
      `signals.embedding.model: there is no embedding model «${name}» here: list it under deployments with its provider and price; a server of your own is a provider of the vendor openai-compatible with its base_url`,
    );
  }
  const unable = deployments.find(({ provider }) => provider.vendor.services?.embeddings === undefined);
  if (unable !== undefined) {
    throw new Error(
      `signals.embedding.model: the provider ${unable.provider.id} has no endpoint for embeddings: name a model of another`,
    );
  }
  return deployments.map((deployment) => ({ id: deployment.id, deployment, effort: 'default' }));
}

/** What a model that the catalogue does not know is for, the operator knows alone. */
function undescribed(name: string, catalog: Catalog): Deployment[] {
  const found = catalog.resolve(name);
  if (found.kind !== 'deployments') return [];
  return found.deployments.filter(({ model }) => model.kind === undefined && model.facts.length === 0);
}

function checkAll(field: string, callees: readonly Candidate[], reference: Candidate): void {
  for (const { deployment } of callees) {
    if (deployment.prices.length === 0) {
      throw new Error(
        `${field}: the price of ${deployment.id} is unknown, so nobody can say whether asking is worth it: give the deployment a price, 0 for your own engine`,
      );
    }
    if (deployment.model.simulated !== reference.deployment.model.simulated) {
      throw new Error(
        `${field}: ${deployment.id} and the reference ${reference.id} are not both real or both simulated: name models of one kind`,
      );
    }
  }
}
