import type { Provider } from '../providers/index.ts';
import type { Model } from './model.ts';
import type { PriceRow } from './price.ts';

/** One model at one provider: what a request is sent to. */
export interface Deployment {
  /** `provider/model`. */
  id: string;
  /** The model as this provider serves it: its limits and capabilities there. */
  model: Model;
  /** The provider as this model sees it: with the quirks that the model has there. */
  provider: Provider;
  /** The model's name at the upstream. */
  upstreamName: string;
  /** Rows that may hold for this deployment, the operator's own first. Empty = price unknown, which is never free. */
  prices: PriceRow[];
}

/** What a route chooses among: a deployment with an effort preset. */
export interface Candidate {
  /** `provider/model` or `provider/model#effort`. */
  id: string;
  deployment: Deployment;
  effort: 'default' | 'off' | 'low' | 'high';
}
