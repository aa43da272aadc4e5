import { type Artefact, decodeArtefact } from '../predictor/artefact.ts';
import { createPredictor, type Predictor } from '../predictor/predictor.ts';
import artefact from './default.json' with { type: 'json' };

/** The predictor that comes with the product: trained by `yumen train` on the public sets that its provenance names. */
export function loadShippedPredictor(): Predictor {
  return createPredictor(decodeArtefact(artefact));
}

/** What that predictor is made from, to be kept beside the decisions that were made with it. */
export function shippedArtefact(): Artefact {
  return artefact;
}
