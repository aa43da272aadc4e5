import type { TextPlaces } from '../text-places.ts';

export const textPlaces: TextPlaces = { fields: ['prompt'], keys: [] };
