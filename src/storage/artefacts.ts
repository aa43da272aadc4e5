import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtefactStore } from '../gateway/index.ts';

/** About a megabyte each. */
export const artefactsMax = 8;

const folderName = 'artefacts';
const suffix = '.json';
/** An id becomes the name of a file. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Artefacts that decisions were made with, one file each in the data folder, bounded: the longest unused goes first. */
export function openArtefacts(dataFolder: string): ArtefactStore {
  const folder = join(dataFolder, folderName);
  const pathOf = (id: string): string => join(folder, `${id}${suffix}`);
  return {
    async put(id, text) {
      if (!idPattern.test(id)) throw new Error(`«${id.slice(0, 100)}» is no id of an artefact`);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (await touched(pathOf(id))) return;
      // Written beside and moved into place, so that nobody reads half of it.
      const beside = join(folder, `.${id}.${randomBytes(4).toString('hex')}`);
      await writeFile(beside, text, { mode: 0o600 });
      await rename(beside, pathOf(id));
      await prune(folder);
    },
    async get(id) {
      if (!idPattern.test(id)) return undefined;
      try {
        return await readFile(pathOf(id), 'utf8');
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw thrown;
      }
    },
  };
}

/** Whether it is there; then it counts as used now. */
async function touched(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw thrown;
  }
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix) && !name.startsWith('.'));
  const files = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      usedMs: (await stat(join(folder, name))).mtimeMs,
    })),
  );
  const old = files.sort((a, b) => b.usedMs - a.usedMs).slice(artefactsMax);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
