import type { Deployment } from '../../catalog/index.ts';
import type { JsonObject } from '../../protocol/index.ts';
import type { Asked, Caller } from '../caller.ts';
import { fault, type Outcome, ok, outcome, warning } from '../check.ts';
import { isRefusal, unclear, wordsOf } from '../failures.ts';
import { candidateOf, isSwitchable, probe } from '../subject.ts';
import { thought } from '../words.ts';

const question: JsonObject = {
  messages: [
    {
      role: 'user',
      content: 'A farmer has 17 sheep. All but 9 run away, then 4 come back. How many has he now?',
    },
  ],
};

/** Anthropic's fixed budget of thinking is at least 1,024 tokens, and the answer comes on top. */
const thinkingTokensMax = 1_500;

const correctSwitch =
  'correct how its thinking is switched: quirks.reasoningControl under servedBy in the catalogue overlay, or capabilities.reasoning of the deployment';

/** Off gives no thinking, on gives some: as the catalogue and the vendor's quirks claim. */
export async function checkThinking(deployment: Deployment, caller: Caller): Promise<Outcome> {
  const { model, provider } = deployment;
  const { reasoning } = model.capabilities;
  if (reasoning === 'none') return { verdicts: [], findings: [] };
  if (!isSwitchable(deployment)) {
    if (reasoning === 'always') return { verdicts: [], findings: [] };
    return outcome(
      warning(
        'thinking',
        'effort-not-switchable',
        'its thinking is optional, and it is not known how this provider switches it',
        `set quirks.reasoningControl for «${provider.vendor.id}» under servedBy in the catalogue overlay`,
      ),
    );
  }
  const off = candidateOf(deployment, 'off');
  const on = candidateOf(deployment, 'high');
  const offOutcome = judgeOff(await caller.ask(off, probe(question, { ...off, effort: 'high' })), deployment);
  const asked = await caller.ask(on, { body: question, outputTokensMax: thinkingTokensMax });
  const onOutcome = judgeOn(asked, deployment);
  return {
    verdicts: [...offOutcome.verdicts, ...onOutcome.verdicts],
    findings: [...offOutcome.findings, ...onOutcome.findings],
  };
}

function judgeOff(asked: Asked, { provider }: Deployment): Outcome {
  if (asked.kind === 'answered') {
    const { answer } = asked;
    if (!thought(answer))
      return outcome(ok('thinking', 'switched off, it does not think'), {
        capability: 'thinking-off',
        value: true,
        evidence: 'no thinking came when it was switched off',
      });
    const tokens = answer.usage?.reasoningTokens ?? 0;
    const amount = tokens > 0 ? ` (${tokens} tokens)` : '';
    return outcome(
      fault(
        'thinking',
        'thinking-not-switchable',
        `switched off, it thinks all the same${amount}`,
        correctSwitch,
      ),
      { capability: 'thinking-off', value: false, evidence: 'it thought although it was switched off' },
    );
  }
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault(
        'thinking',
        'thinking-not-switchable',
        `it refuses to have its thinking switched off: ${wordsOf(asked)}`,
        correctSwitch,
      ),
      { capability: 'thinking-off', value: false, evidence: 'it refused to be switched off' },
    );
  return unclear('thinking', asked, provider);
}

function judgeOn(asked: Asked, { provider }: Deployment): Outcome {
  if (asked.kind === 'answered') {
    if (thought(asked.answer))
      return outcome(ok('thinking', 'switched on, it thinks'), {
        capability: 'thinking-on',
        value: true,
        evidence: 'thinking came when it was switched on',
      });
    // A model that decides itself how long to think may find this question too easy: no ground to keep requests from it.
    return outcome(
      warning(
        'thinking',
        'thinking-absent',
        'switched on, it shows no thinking and counts none',
        'ask it something hard and look again; if it never thinks, state capabilities.reasoning: none',
      ),
    );
  }
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault(
        'thinking',
        'thinking-absent',
        `it refuses to have its thinking switched on: ${wordsOf(asked)}`,
        correctSwitch,
      ),
      { capability: 'thinking-on', value: false, evidence: 'it refused to be switched on' },
    );
  return unclear('thinking', asked, provider);
}
