export type { Candidate, Deployment } from './deployment.ts';
export type { Capabilities, FactSource, Licence, Model, Score } from './model.ts';
export type { PriceRow } from './price.ts';
