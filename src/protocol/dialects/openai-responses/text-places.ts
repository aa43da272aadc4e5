import type { TextPlaces } from '../text-places.ts';

/** A tool's output may be an object where it should be its JSON; the text takes its place. */
export const textPlaces: TextPlaces = {
  fields: ['instructions', 'input'],
  keys: ['content', 'text', 'output'],
  objects: { output: (_, text) => text },
};
