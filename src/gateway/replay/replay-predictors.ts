import {
  createPredictor,
  decodeArtefact,
  type Predictor,
  type ReplayWith,
  sharesEmbedding,
} from '../../router/index.ts';

/** Where artefacts outlive the version that brought them, by id, so that what was decided with them can be decided again. */
export interface ArtefactStore {
  /** One that is there stays as it is. Of too many the longest unused goes. */
  put(id: string, text: string): Promise<void>;
  get(id: string): Promise<string | undefined>;
}

/** Decoded ones are some megabytes each; a window of records rarely spans more than two. */
const decodedMax = 2;

/** An artefact that is not loaded, as far as it is at hand. */
interface OtherArtefact {
  /** Undefined where it is not kept here, or is none that this version can read. */
  predictor: Predictor | undefined;
  /** The loaded one reads wording as it does. */
  readsAlike: boolean;
}

/** Finds the predictor that a decision was made with. */
export class ReplayPredictors {
  readonly #loaded: () => Predictor;
  readonly #store: ArtefactStore;
  readonly #others = new Map<string, OtherArtefact>();

  constructor(loaded: () => Predictor, store: ArtefactStore) {
    this.#loaded = loaded;
    this.#store = store;
  }

  /**
   * Who makes a decision of this artefact again: that artefact where it is at hand, else the loaded one.
   *
   * @param withLoaded the loaded one in any case
   */
  async for(artefact: string, withLoaded: boolean): Promise<ReplayWith & { isAtHand: boolean }> {
    const loaded = this.#loaded();
    if (artefact === loaded.parameters.id) return { predictor: loaded, readsWording: true, isAtHand: true };
    const { predictor, readsAlike } = await this.#other(artefact, loaded);
    const isAtHand = predictor !== undefined;
    return isAtHand && !withLoaded
      ? { predictor, readsWording: true, isAtHand }
      : { predictor: loaded, readsWording: readsAlike, isAtHand };
  }

  async #other(id: string, loaded: Predictor): Promise<OtherArtefact> {
    const known = this.#others.get(id);
    if (known !== undefined) return known;
    const predictor = decoded(await this.#store.get(id));
    const other = { predictor, readsAlike: predictor !== undefined && sharesEmbedding(predictor, loaded) };
    this.#others.set(id, other);
    if (this.#others.size > decodedMax) this.#others.delete(this.#others.keys().next().value!);
    return other;
  }
}

function decoded(text: string | undefined): Predictor | undefined {
  if (text === undefined) return undefined;
  try {
    return createPredictor(decodeArtefact(JSON.parse(text) as unknown));
  } catch {
    // Of another format, or damaged: as good as absent.
    return undefined;
  }
}
