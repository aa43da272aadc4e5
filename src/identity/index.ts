export {
  type CreatedKey,
  type Identity,
  type IdentityHealth,
  type IdentityOptions,
  openIdentity,
} from './identity.ts';
export {
  type KeyInfo,
  type KeyLimits,
  type KeyRecord,
  type Principal,
  principalOf,
  type Role,
} from './key.ts';
export type { KeyStore } from './key-store.ts';
export { allowsModel } from './model-glob.ts';
export type { NewKey } from './new-key.ts';
export type { RequestHeaders } from './presented-key.ts';
