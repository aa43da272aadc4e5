import type { Provider, RateLimits } from '../providers/index.ts';
import type { Finding } from './finding.ts';
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
  /** Share among the deployments of the same model, where weights decide; absent = 1. */
  weight?: number | undefined;
  /** What the upstream allows this deployment, as the operator states it. */
  limits?: RateLimits | undefined;
  /** What checks found it to lack or to have, against what is claimed of it. */
  findings?: readonly Finding[] | undefined;
}

/** What a route chooses among: a deployment with an effort preset. */
export interface Candidate {
  /** `provider/model` or `provider/model#effort`. */
  id: string;
  deployment: Deployment;
  effort: 'default' | 'off' | 'low' | 'high';
}
