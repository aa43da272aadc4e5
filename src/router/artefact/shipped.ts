import { decodeArtefact } from '../predictor/artefact.ts';
import { createPredictor, type Predictor } from '../predictor/predictor.ts';
import artefact from './default.json' with { type: 'json' };

/** The predictor that comes with the product: trained by `yumen train` on the public sets that its provenance names. */
export function loadShippedPredictor(): Predictor {
  return createPredictor(decodeArtefact(artefact));
}
