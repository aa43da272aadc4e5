import type { Principal } from '../identity/index.ts';

/** Who shares what is kept beside the ledger (responses, files, thoughts): the keys of one project; a key without a project is alone. */
export function tenantOf({ project, keyId }: Pick<Principal, 'project' | 'keyId'>): string {
  return project === undefined ? `key:${keyId}` : `project:${project}`;
}
