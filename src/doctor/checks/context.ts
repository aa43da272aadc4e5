import { isObject } from '../../protocol/index.ts';
import { fault, type Outcome, ok, outcome, skipped, warning } from '../check.ts';
import { isRefusal, unclear } from '../failures.ts';
import type { Listing } from '../listing.ts';
import { probe, type Subject } from '../subject.ts';
import { textOf } from '../words.ts';

/** How far a prompt goes beyond the length that is suspected, in words; a common word is 1 to 1.3 tokens. */
const beyond = 1.15;
/** What such a prompt may take at most, as a multiple of the suspected length. */
const roomNeeded = 1.6;
const needle = 'QX-7431-KESTREL';
const filler = 'the quiet river runs past the old stone mill and the boats wait by the green bank'.split(' ');

/**
 * The context is as large as is claimed: compared with what the provider lists or has loaded, and, where a server of this kind may shorten a
 * prompt without a word, tried with something at the start of a prompt just beyond the length that is suspected.
 */
export async function checkContext(subject: Subject, listing: Listing): Promise<Outcome> {
  const { deployment } = subject;
  const { contextTokens } = deployment.model;
  const told = (await loadedTokens(subject)) ?? listing.contextTokens(deployment.upstreamName);
  if (told !== undefined && told < contextTokens)
    return smaller('context-smaller', told, contextTokens, `the provider itself says ${told} tokens`);
  const suspects = (deployment.provider.vendor.silentContexts ?? []).filter(
    (tokens) => tokens * roomNeeded < contextTokens && (told === undefined || tokens < told),
  );
  // A server that says what it has loaded is believed.
  if (told !== undefined && deployment.provider.vendor.loadedContext !== undefined)
    return asClaimed(`the provider says ${told} tokens`);
  let tried: number | undefined;
  for (const tokens of suspects) {
    const found = await tryBeyond(subject, tokens);
    if (found !== 'kept') return found;
    tried = tokens;
  }
  if (tried !== undefined) return asClaimed(`more than ${tried} tokens, tried`);
  if (told !== undefined) return asClaimed(`the provider says ${told} tokens`);
  return outcome(
    skipped('context', `not checked: the provider does not say; ${contextTokens} tokens are taken for true`),
  );
}

async function tryBeyond(subject: Subject, tokens: number): Promise<Outcome | 'kept'> {
  const { caller, quiet, deployment } = subject;
  const words = Math.ceil(tokens * beyond);
  const middle = Array.from({ length: words }, (_, index) => filler[index % filler.length]).join(' ');
  const content = `The password is ${needle}. Remember it.\n\n${middle}\n\nWhat is the password? Reply with the password only.`;
  const asked = await caller.ask(quiet, probe({ messages: [{ role: 'user', content }] }, quiet));
  if (asked.kind === 'failed' && isRefusal(asked))
    return smaller('context-smaller', tokens, deployment.model.contextTokens, 'it refuses longer prompts');
  if (asked.kind !== 'answered') return unclear('context', asked, deployment.provider);
  if (textOf(asked.answer).includes(needle)) return 'kept';
  const read = asked.answer.usage?.inputTokens;
  if (read !== undefined && read >= words)
    return outcome(
      warning(
        'context',
        'context-truncated',
        `it counts the ${read} tokens of a prompt beyond ${tokens}, and does not know what stands at its start`,
        'it may be a model that forgets, or a server that shortens: look at its log',
      ),
    );
  const counted = read === undefined ? '' : `, and counts ${read} tokens of at least ${words}`;
  return smaller(
    'context-truncated',
    tokens,
    deployment.model.contextTokens,
    `it forgets the start of a prompt beyond it without a word${counted}`,
  );
}

/** A finding too, because an earlier one may have said otherwise. */
function asClaimed(why: string): Outcome {
  return outcome(ok('context', why), { capability: 'context-tokens', value: true, evidence: why });
}

function smaller(
  problem: 'context-smaller' | 'context-truncated',
  tokens: number,
  claimed: number,
  why: string,
): Outcome {
  return outcome(
    fault(
      'context',
      problem,
      `its context is about ${tokens} tokens, not ${claimed}: ${why}`,
      `start the server with a larger context, or state context_tokens: ${tokens} of the deployment`,
    ),
    { capability: 'context-tokens', value: tokens, evidence: why },
  );
}

/** What an engine says of a model that it has in memory. */
async function loadedTokens({ caller, deployment }: Subject): Promise<number | undefined> {
  const { provider, upstreamName } = deployment;
  const { loadedContext } = provider.vendor;
  if (loadedContext === undefined) return undefined;
  const got = await caller.get(provider, new URL(loadedContext.path, provider.baseUrl));
  if (got.kind !== 'answered' || !isObject(got.body)) return undefined;
  const rows = got.body[loadedContext.list];
  const row = (Array.isArray(rows) ? (rows as unknown[]) : []).find(
    (each) => isObject(each) && sameModel(String(each[loadedContext.name]), upstreamName),
  );
  const tokens = isObject(row) ? row[loadedContext.tokens] : undefined;
  return typeof tokens === 'number' && tokens > 0 ? tokens : undefined;
}

/** `latest` is what a name without a tag means. */
function sameModel(one: string, other: string): boolean {
  const full = (name: string): string => (name.includes(':') ? name : `${name}:latest`);
  return full(one) === full(other);
}
