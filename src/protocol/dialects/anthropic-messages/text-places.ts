import type { TextPlaces } from '../text-places.ts';

export const textPlaces: TextPlaces = { fields: ['system', 'messages'], keys: ['content', 'text'] };
