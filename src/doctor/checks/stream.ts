import type { Candidate } from '../../catalog/index.ts';
import { dialects, type JsonObject } from '../../protocol/index.ts';
import { wireFor } from '../../providers/index.ts';
import type { Arrivals, Asked, Caller } from '../caller.ts';
import { fault, type Outcome, ok, type Verdict } from '../check.ts';
import { unclear } from '../failures.ts';
import { probe, type Subject } from '../subject.ts';

const counting: JsonObject = {
  stream: true,
  messages: [{ role: 'user', content: 'Count from 1 to 30 in digits, with single spaces, nothing else.' }],
};

/** Below this a wait before everything arrives at once may be a fast model's. */
const heldMsMin = 1_500;
/** Pieces of one stream are spread at least over this part of the wait before them. */
const spreadMin = 0.02;

const unbuffer =
  'look for a proxy that buffers (in nginx: proxy_buffering off), or a server that does not stream this model';

/** The stream comes in pieces, with an end and with its usage. */
export async function checkStream(subject: Subject): Promise<Outcome> {
  const { caller, quiet } = subject;
  const asked = await caller.ask(quiet, probe(counting, quiet));
  if (asked.kind !== 'answered') return unclear('stream', asked, subject.deployment.provider);
  const verdicts = [judgeStream(asked.arrivals, announcesEnd(quiet))];
  if (asked.arrivals !== undefined) verdicts.push(await usageOf(asked, caller, quiet));
  return { verdicts, findings: [] };
}

/** `arrivals` undefined: one document came although a stream was asked for. */
export function judgeStream(arrivals: Arrivals | undefined, announced: boolean): Verdict {
  if (arrivals === undefined)
    return fault('stream', 'not-streamed', 'a stream was asked for, and one document came', unbuffer);
  const { pieces, firstMs, lastMs, finished, ended } = arrivals;
  if (pieces <= 1) return fault('stream', 'not-streamed', 'the whole answer came as one piece', unbuffer);
  if (firstMs >= heldMsMin && lastMs - firstMs < firstMs * spreadMin)
    return fault(
      'stream',
      'not-streamed',
      `nothing came for ${Math.round(firstMs)} ms, then all ${pieces} pieces at once`,
      unbuffer,
    );
  if (announced ? !ended : !finished && !ended)
    return fault(
      'stream',
      'no-terminal-event',
      'the stream ends without its terminal event: one that was cut cannot be told from a whole one',
      'update the server, or the proxy in front of it, to one that sends it',
    );
  return ok('stream', `${pieces} pieces over ${Math.round(lastMs - firstMs)} ms`);
}

function announcesEnd({ deployment }: Candidate): boolean {
  const wire = wireFor(deployment.provider, 'openai-chat');
  return dialects[wire.dialect].announcesEnd !== false;
}

/** Where a stream came without usage, whether it comes when the stream is asked for it. */
async function usageOf(
  { answer }: Extract<Asked, { kind: 'answered' }>,
  caller: Caller,
  quiet: Candidate,
): Promise<Verdict> {
  const { usage } = answer;
  const option = quiet.deployment.provider.quirks.usageNeedsStreamOption;
  if (usage !== undefined && usage.inputTokens > 0) {
    const asked = option ? ', asked for by stream_options.include_usage' : '';
    return ok('usage', `streams report ${usage.inputTokens} + ${usage.outputTokens} tokens${asked}`);
  }
  const says = 'its streams do not say how many tokens they took: costs can only be estimated';
  if (!option && (await hasUsageWhenAsked(caller, quiet)))
    return fault(
      'usage',
      'no-stream-usage',
      `${says}; with stream_options.include_usage they do`,
      'set quirks.usageNeedsStreamOption for this vendor under servedBy in the catalogue overlay',
    );
  return fault(
    'usage',
    'no-stream-usage',
    says,
    'switch stream_options.include_usage on at the server, or at the proxy in front of it',
  );
}

async function hasUsageWhenAsked(caller: Caller, quiet: Candidate): Promise<boolean> {
  const { deployment } = quiet;
  const quirks = { ...deployment.provider.quirks, usageNeedsStreamOption: true };
  const candidate: Candidate = {
    ...quiet,
    deployment: { ...deployment, provider: { ...deployment.provider, quirks } },
  };
  const asked = await caller.ask(candidate, probe(counting, candidate));
  return asked.kind === 'answered' && (asked.answer.usage?.inputTokens ?? 0) > 0;
}
