import * as z from 'zod';
import type { ClientTool } from './client.ts';

/** One grey pixel. */
export const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const person = z.object({
  name: z.string(),
  age: z.number(),
  tags: z.array(z.enum(['poet', 'engineer'])),
  address: z.object({ city: z.string(), zip: z.string().nullable() }),
});

export interface WatchedTool extends ClientTool {
  /** Arguments of each call, in order. */
  inputs: unknown[];
}

export function weatherTool(): WatchedTool {
  const inputs: unknown[] = [];
  return {
    name: 'get_weather',
    description: 'Current weather of a city',
    input: z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) }),
    inputs,
    run(input) {
      inputs.push(input);
      return JSON.stringify({ temperature: 21 + inputs.length, sky: 'clear' });
    },
  };
}
