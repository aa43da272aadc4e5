import type { FrozenKnowledge } from '../../gateway/index.ts';
import { OutputLengths, OwnOutcomes, type Predictor } from '../../router/index.ts';
import type { FrozenPolicy } from './state.ts';

/** What a policy had learned when it was frozen; undefined where it cannot be read by this version or predictor: then the policy is over. */
export function frozenKnowledge(
  { own, lengths }: Pick<FrozenPolicy, 'own' | 'lengths'>,
  predictor: Predictor,
): FrozenKnowledge | undefined {
  const frozenLengths = new OutputLengths();
  if (lengths !== undefined && !frozenLengths.restore(parsed(lengths))) return undefined;
  if (own === undefined) return { own: undefined, lengths: frozenLengths };
  const frozenOwn = new OwnOutcomes(predictor);
  return frozenOwn.restore(parsed(own)) ? { own: frozenOwn, lengths: frozenLengths } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
