import type { Deployment } from '../catalog/index.ts';
import type { GatewayError } from '../protocol/index.ts';
import { failureHint, modelsUrl, type Provider, type ProviderKey } from '../providers/index.ts';
import { checkBalance } from './balance.ts';
import type { Asked, Caller, Got } from './caller.ts';
import { fault, ok, skipped, type Verdict } from './check.ts';
import { judgeAnswer, plainQuestion } from './checks/answer.ts';
import { judgeHead } from './checks/head.ts';
import { examineAbilities, type Skippable } from './examine-abilities.ts';
import { unclear, unreachable, wordsOf } from './failures.ts';
import { type Listing, noListing, readListing } from './listing.ts';
import { regionOfKey } from './regions.ts';
import type { Report } from './report.ts';
import { candidateOf, probe } from './subject.ts';

/** Version paths that a base URL may lack. */
const usualPaths = ['/v1', '/api/v1', '/openai/v1', '/v1beta'];

export interface ProviderExam {
  provider: Provider;
  /** Those to examine. */
  deployments: Deployment[];
  skip: ReadonlySet<Skippable>;
}

/** Examines one provider, then its deployments, until something is found that concerns them all. */
export async function examineProvider(exam: ProviderExam, caller: Caller, report: Report): Promise<void> {
  const { provider, deployments } = exam;
  const tell = (verdict: Verdict): void => report.add(verdict, { provider: provider.id });
  const url = modelsUrl(provider) ?? new URL(provider.baseUrl);
  const got = await caller.get(provider, url);
  if (got.kind === 'stopped') return;
  if (got.kind === 'failed') return tell(unreachable(got.failure, url));
  if (got.kind === 'unsigned')
    return tell(fault('key', 'wrong-key', wordsOf({ kind: 'failed', error: got.error, head: undefined })));
  tell(ok('address', `${url.origin} answers`));
  const listing = listingOf(provider, got);
  if (listing.names.length > 0) tell(ok('models', `lists ${listing.names.length}`));
  for (const verdict of await checkBalance(provider, caller)) tell(verdict);
  const [first, ...others] = deployments;
  if (first === undefined) return tell(await withoutDeployment(provider, got, caller));
  const asked = await askPlain(first, caller);
  if (asked.kind === 'failed') {
    const all = await concernsAll(exam, asked, listing, got, caller);
    if (all !== undefined) return tell(all);
  }
  if (asked.kind === 'answered') {
    tell(ok('key', provider.keys.length === 0 ? 'none is needed, or requests are signed' : 'accepted'));
    for (const verdict of asked.head === undefined ? [] : judgeHead(asked.head)) tell(verdict);
  }
  for (const key of provider.keys.slice(1)) await checkFurtherKey(first, key, caller, tell);
  await examineDeployment(exam, first, asked, listing, caller, report);
  for (const deployment of others) {
    if (caller.stopped) return;
    await examineDeployment(exam, deployment, await askPlain(deployment, caller), listing, caller, report);
  }
}

function askPlain(deployment: Deployment, caller: Caller, key?: ProviderKey): Promise<Asked> {
  const candidate = candidateOf(deployment, 'default');
  return caller.ask(candidate, probe(plainQuestion, candidate), key);
}

function listingOf(provider: Provider, got: Extract<Got, { kind: 'answered' }>): Listing {
  if (got.head.status !== 200) return noListing;
  return readListing(provider.vendor, got.body) ?? noListing;
}

/** There is nothing to ask, so the list of models alone tells whether the key is good. */
async function withoutDeployment(
  provider: Provider,
  got: Extract<Got, { kind: 'answered' }>,
  caller: Caller,
): Promise<Verdict> {
  const { status } = got.head;
  if (status === 401) return keyRefused(provider, provider.keys[0], undefined, caller);
  return skipped('answer', 'not checked: no deployment of it is configured; name one with --deployment');
}

/** What is wrong with the provider as a whole, undefined where the failure is the deployment's own. */
async function concernsAll(
  { provider }: ProviderExam,
  failed: Extract<Asked, { kind: 'failed' }>,
  listing: Listing,
  got: Extract<Got, { kind: 'answered' }>,
  caller: Caller,
): Promise<Verdict | undefined> {
  const { error, head } = failed;
  if (error.code === 'upstream_quota') return emptyAccount(provider, error);
  // 403 may be about one model only; where the list is refused too, it is about the key.
  const listRefused = modelsUrl(provider) !== undefined && got.head.status === 403;
  if (error.code === 'upstream_auth' && (head?.status !== 403 || listRefused))
    return keyRefused(provider, provider.keys[0], error, caller);
  const notThere = head?.status === 404 || head?.status === 405;
  const isPage = /^text\/html/i.test(head?.headers['content-type'] ?? '');
  if (listing.names.length === 0 && (isPage || (notThere && !/model/i.test(error.upstream?.message ?? ''))))
    return wrongPath(provider, caller);
  return undefined;
}

function emptyAccount(provider: Provider, error: GatewayError): Verdict {
  const remedy =
    hintOf(provider, error) ?? `top up the account at ${provider.vendor.name}, or raise its limit`;
  return fault(
    'balance',
    'no-balance',
    `the account is out of credit: ${error.detail ?? error.message}`,
    remedy,
  );
}

async function keyRefused(
  provider: Provider,
  key: ProviderKey | undefined,
  error: GatewayError | undefined,
  caller: Caller,
): Promise<Verdict> {
  const which = key === undefined || provider.keys.length === 1 ? 'the key' : `key «${key.id}»`;
  const region = await regionOfKey(provider, key, caller);
  if (region !== undefined)
    return fault(
      'key',
      'key-of-another-region',
      `${which} belongs to region «${region}», and «${provider.region ?? provider.baseUrl}» is called`,
      `set region: ${region} of the provider, or give a key of «${provider.region ?? 'this region'}»`,
    );
  const said = error === undefined ? '' : `: ${error.detail ?? error.message}`;
  const where = provider.vendor.keyVariables[0];
  return fault(
    'key',
    'wrong-key',
    key === undefined ? `it wants a key or other credentials${said}` : `${which} is refused${said}`,
    (error === undefined ? undefined : hintOf(provider, error)) ??
      `give a valid key as api_key of the provider${where === undefined ? '' : `, or in ${where}`}`,
  );
}

function hintOf(provider: Provider, { upstream }: GatewayError): string | undefined {
  return upstream === undefined ? undefined : failureHint(provider.vendor, upstream);
}

/** Looks whether the API stands a path further. */
async function wrongPath(provider: Provider, caller: Caller): Promise<Verdict> {
  const { baseUrl } = provider;
  const path = await pathOfApi(provider, caller);
  return fault(
    'address',
    'wrong-path',
    `${baseUrl} is reached, and there is no API at this path`,
    path === undefined
      ? 'correct the path of base_url: it ends with the version, e.g. https://host/v1'
      : `set base_url: ${path}`,
  );
}

async function pathOfApi(provider: Provider, caller: Caller): Promise<string | undefined> {
  const { origin, pathname } = new URL(provider.baseUrl);
  const plain = `${origin}${pathname.replace(/\/+$/, '')}`;
  for (const candidate of new Set([
    ...usualPaths.map((path) => plain + path),
    ...usualPaths.map((path) => origin + path),
  ])) {
    if (candidate === provider.baseUrl) continue;
    const got = await caller.get(provider, new URL(`${candidate}/models`));
    if (got.kind === 'answered' && readListing(provider.vendor, got.body) !== undefined) return candidate;
  }
  return undefined;
}

async function checkFurtherKey(
  deployment: Deployment,
  key: ProviderKey,
  caller: Caller,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const { provider } = deployment;
  const asked = await askPlain(deployment, caller, key);
  if (asked.kind === 'answered') return tell(ok('key', `key «${key.id}» is accepted`));
  if (asked.kind === 'failed' && asked.error.code === 'upstream_auth')
    return tell(await keyRefused(provider, key, asked.error, caller));
  if (asked.kind === 'failed' && asked.error.code === 'upstream_quota')
    return tell(emptyAccount(provider, asked.error));
  for (const verdict of unclear('key', asked, provider).verdicts) tell(verdict);
}

async function examineDeployment(
  { skip }: ProviderExam,
  deployment: Deployment,
  asked: Asked,
  listing: Listing,
  caller: Caller,
  report: Report,
): Promise<void> {
  const { provider, upstreamName } = deployment;
  const tell = (verdict: Verdict): void =>
    report.add(verdict, { provider: provider.id, deployment: deployment.id });
  if (asked.kind === 'answered') {
    for (const verdict of judgeAnswer(asked, deployment)) tell(verdict);
    report.keep(deployment, await examineAbilities({ deployment, caller, listing, skip, tell }));
    return;
  }
  if (asked.kind === 'failed' && isAboutModel(asked, listing, upstreamName)) {
    const near = listing.near(upstreamName);
    return tell(
      fault(
        'models',
        'unknown-model',
        `there is no model «${upstreamName}» here: ${wordsOf(asked)}`,
        near.length > 0
          ? `did you mean ${near.join(', ')}? Set name of the deployment`
          : (hintOf(provider, asked.error) ??
              'set name of the deployment to the model’s name at the provider'),
      ),
    );
  }
  for (const verdict of unclear('answer', asked, provider).verdicts) tell(verdict);
}

function isAboutModel(
  { error, head }: Extract<Asked, { kind: 'failed' }>,
  listing: Listing,
  name: string,
): boolean {
  const { upstream } = error;
  if (upstream === undefined || listing.has(name)) return false;
  if (head?.status === 404) return true;
  const words = `${upstream.code ?? ''} ${upstream.type ?? ''} ${upstream.message ?? ''}`;
  return (
    error.code === 'upstream_rejected' &&
    (listing.names.length > 0 || /model/i.test(words)) &&
    /model|not.?found|exist/i.test(words)
  );
}
