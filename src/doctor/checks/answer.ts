import type { Deployment } from '../../catalog/index.ts';
import type { JsonObject } from '../../protocol/index.ts';
import type { Asked } from '../caller.ts';
import { fault, ok, type Verdict, warning } from '../check.ts';
import { textOf, thought, wasCut } from '../words.ts';

export const plainQuestion: JsonObject = {
  messages: [{ role: 'user', content: 'Reply with the single word pong.' }],
};

type Answered = Extract<Asked, { kind: 'answered' }>;

/** What the first answer shows: that there is one, and what it says of its cost. */
export function judgeAnswer({ answer }: Answered, { model }: Deployment): Verdict[] {
  const verdicts: Verdict[] = [];
  const text = textOf(answer);
  if (text.trim() !== '') verdicts.push(ok('answer', 'answers'));
  else if (wasCut(answer))
    verdicts.push(warning('answer', 'no-text', 'thinks for longer than the checks allow', undefined));
  else
    verdicts.push(
      warning('answer', 'no-text', 'answered without any text', 'look whether the model serves chat'),
    );
  const { usage } = answer;
  if (usage === undefined || usage.inputTokens === 0)
    verdicts.push(
      fault(
        'usage',
        'no-usage',
        'its answers do not say how many tokens they took: costs can only be estimated',
        'switch usage on at the server, or at the proxy in front of it',
      ),
    );
  else verdicts.push(ok('usage', `answers report ${usage.inputTokens} + ${usage.outputTokens} tokens`));
  if (model.capabilities.reasoning === 'none' && thought(answer))
    verdicts.push(
      warning(
        'thinking',
        'thinks-unasked',
        'it thinks, and the catalogue says that it cannot',
        'state capabilities.reasoning of the deployment: optional or always',
      ),
    );
  return verdicts;
}
