import { createHash } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Several events of one save count once. */
const settleMs = 200;

/**
 * Calls back when the content of one of these files has changed. Folders are watched, and contents compared, because editors replace files
 * and Kubernetes swaps a link beside them: no event need name the file itself. Returns how to stop.
 */
export function watchFiles(paths: string[], changed: () => Promise<void>): () => void {
  let seen = digestOf(paths);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = digestOf(paths);
    if (now === seen) return;
    seen = now;
    void changed();
  };
  const watchers = [...new Set(paths.map(dirname))].map((folder) => {
    const watcher = watch(folder, { persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(look, settleMs);
      timer.unref();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function digestOf(paths: string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    try {
      hash.update(readFileSync(path)).update('\0');
    } catch {
      // Gone for the moment, as between the two halves of a replacement; its return is a change again.
      hash.update('absent\0');
    }
  }
  return hash.digest('hex');
}
