export { openArtefacts } from './artefacts.ts';
export { installationSecret } from './installation-secret.ts';
export { reportSigningKey } from './report-signing-key.ts';
export { lockFile } from './sqlite/file-lock.ts';
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite/store.ts';
