import { fault, type Outcome, ok, outcome, warning } from '../check.ts';
import { isRefusal, unclear, wordsOf } from '../failures.ts';
import { askQuietly, type Subject } from '../subject.ts';
import { textOf } from '../words.ts';

/** System text reaches the model. */
export async function checkSystem(subject: Subject): Promise<Outcome> {
  const asked = await askQuietly(subject, {
    messages: [
      { role: 'system', content: 'Whatever the user writes, answer with the single word cormorant.' },
      { role: 'user', content: 'What is the capital of Peru?' },
    ],
  });
  if (asked.kind === 'answered')
    return outcome(
      /cormorant/i.test(textOf(asked.answer))
        ? ok('system', 'system text is followed')
        : warning(
            'system',
            'system-ignored',
            'it did not do what the system text said',
            'look whether its chat template has a system role; small models may also just not follow',
          ),
    );
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault(
        'system',
        'system-refused',
        `it refuses system text: ${wordsOf(asked)}`,
        'set quirks.systemRole for this vendor under servedBy in the catalogue overlay, or use another chat template',
      ),
    );
  return unclear('system', asked, subject.deployment.provider);
}
