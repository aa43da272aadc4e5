import { clustersRouter } from './clusters.ts';
import { factorisationRouter } from './factorisation.ts';
import { keywordRouter } from './keywords.ts';
import { lengthRouter } from './length.ts';
import { neighboursRouter } from './neighbours.ts';
import { ngramsRouter } from './ngrams.ts';
import { ourRouter } from './ours.ts';
import type { OfflineRouter } from './router.ts';
import { shrunkRouter } from './shrunk.ts';

/** Every router that is measured; ours first. To add one: a file beside this and a line here. */
export const offlineRouters: readonly OfflineRouter[] = [
  ourRouter,
  lengthRouter,
  keywordRouter,
  shrunkRouter,
  factorisationRouter,
  neighboursRouter,
  clustersRouter,
  ngramsRouter,
];

export const routerIds = offlineRouters.map(({ id }) => id);
