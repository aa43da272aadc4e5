import {
  type DecideInput,
  decide,
  type Predictor,
  type PricedCandidate,
  readRequest,
} from '../../src/router/index.ts';
import { candidate, chat, rates } from './fixtures.ts';

/** Routes of four: models whose outcomes the artefact knows, and models that are known by one published score. The dearest is the reference. */
export const fourModels: { [known: string]: PricedCandidate[] } = {
  'by outcomes': [
    { candidate: candidate({ id: 'gpt-4o' }), rates: rates(2.5, 10) },
    { candidate: candidate({ id: 'gpt-4o-mini' }), rates: rates(0.15, 0.6) },
    { candidate: candidate({ id: 'llama-3.1-70b-instruct' }), rates: rates(0.4, 0.4) },
    { candidate: candidate({ id: 'qwen2.5-7b-instruct' }), rates: rates(0.05, 0.1) },
  ],
  'by scores': [
    { candidate: candidate({ id: 'frontier', mmlu: 91 }), rates: rates(5, 25) },
    { candidate: candidate({ id: 'large', mmlu: 86 }), rates: rates(0.5, 2) },
    { candidate: candidate({ id: 'middle', mmlu: 78 }), rates: rates(0.2, 0.6) },
    { candidate: candidate({ id: 'small', mmlu: 68 }), rates: rates(0.05, 0.1) },
  ],
};

/** Whether the reference answers an ask. */
export type IsCostly = (ask: string) => boolean;

export function operatingPoint(
  predictor: Predictor,
  candidates: PricedCandidate[],
  target: DecideInput['target'],
): IsCostly {
  const reference = candidates[0]!.candidate;
  return (ask) => {
    const reading = readRequest(chat([ask]), { keyId: 'key_1' });
    const input: DecideInput = {
      id: 'dec_1',
      nowMs: 0,
      route: 'auto',
      mode: 'assist',
      target,
      reading,
      reference,
      candidates,
      excluded: [],
    };
    return decide(input, predictor).plan[0] === reference.id;
  };
}

const bisections = 24;

/**
 * A price of quality at which about `share` of `asks` go to the reference: the middle of the prices at which just as many do, so that no ask of them lies
 * on the very edge.
 */
export function priceForShare(
  predictor: Predictor,
  candidates: PricedCandidate[],
  asks: string[],
  share: number,
): { kind: 'usd-per-quality'; value: number } {
  const highest = (costlyMax: number) => {
    let low = 1e-5;
    let high = 100;
    for (let step = 0; step < bisections; step++) {
      const value = Math.sqrt(low * high);
      const isCostly = operatingPoint(predictor, candidates, { kind: 'usd-per-quality', value });
      if (asks.filter(isCostly).length > costlyMax) high = value;
      else low = value;
    }
    return low;
  };
  const wanted = Math.round(share * asks.length);
  return { kind: 'usd-per-quality', value: Math.sqrt(highest(wanted) * highest(wanted - 1)) };
}
