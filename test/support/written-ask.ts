import { type OwnAsk, type Predictor, readAsk } from '../../src/router/index.ts';

/** A text as an ask that outcomes are learned of. */
export function writtenAsk(predictor: Predictor, text: string): OwnAsk {
  const { vector, task, language } = readAsk(text);
  return { ask: predictor.read(vector), task, language };
}
