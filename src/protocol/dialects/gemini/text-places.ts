import { isObject, type JsonObject } from '../../json.ts';
import { jsonOf, type TextPlaces } from '../text-places.ts';

export const textPlaces: TextPlaces = {
  fields: ['systemInstruction', 'system_instruction', 'contents'],
  keys: ['parts', 'text'],
  objects: { response: writeResponse },
};

/** A response is an object: the text goes where the decoder found it, or is the object itself. */
function writeResponse(response: JsonObject, text: string): JsonObject {
  const [only, ...others] = Object.keys(response);
  if (others.length === 0 && (only === 'output' || only === 'error')) {
    return { [only]: typeof response[only] === 'string' ? text : (jsonOf(text) ?? text) };
  }
  const value = jsonOf(text);
  return isObject(value) ? value : { output: text };
}
