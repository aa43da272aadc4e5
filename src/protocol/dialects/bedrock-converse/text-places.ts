import { jsonOf, type TextPlaces } from '../text-places.ts';

/** A tool's result may be JSON of any kind, so what is no JSON becomes a string of it. */
export const textPlaces: TextPlaces = {
  fields: ['system', 'messages'],
  keys: ['text'],
  objects: { json: (_, text) => jsonOf(text) ?? text },
};
