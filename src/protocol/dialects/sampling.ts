import type { ChatRequest } from '../request.ts';
import type { DroppedNames } from './dropped-names.ts';

/** What a model without sampling refuses, by the names that both dialects share. */
export const samplingFields = [
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
] as const;

/** Names the fields that ask for something; SDKs send the defaults along, and leaving those out loses nothing. */
export function dropSampling(request: ChatRequest, dropped: DroppedNames): void {
  for (const field of samplingFields) {
    const value = request.body[field];
    if (value === undefined || value === null) continue;
    const isDefault = field.endsWith('_penalty') ? value === 0 : field !== 'top_k' && value === 1;
    if (!isDefault) dropped.add(field);
  }
}

/** The same request without its sampling, for a model that refuses it. */
export function withoutSampling(request: ChatRequest, dropped: DroppedNames): ChatRequest {
  dropSampling(request, dropped);
  const { maxOutputTokens, stop, seed } = request.sampling;
  return { ...request, sampling: { maxOutputTokens, stop, seed } };
}
