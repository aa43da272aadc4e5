import type { TextPlaces } from '../text-places.ts';

export const textPlaces: TextPlaces = { fields: ['messages'], keys: ['content', 'text'] };
