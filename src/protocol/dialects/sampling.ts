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

const unifiedNames = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
} as const;

/** Names the fields that ask for something; SDKs send the defaults along, and leaving those out loses nothing. */
export function dropSampling(request: ChatRequest, dropped: DroppedNames): void {
  for (const field of samplingFields) {
    if (asksFor(field, request.body[field])) dropped.add(field);
  }
}

function asksFor(field: (typeof samplingFields)[number], value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return field.endsWith('_penalty') ? value !== 0 : field === 'top_k' || value !== 1;
}

/** The same request without its sampling, for a model that refuses it. */
export function withoutSampling(request: ChatRequest, dropped: DroppedNames): ChatRequest {
  dropSampling(request, dropped);
  for (const field of samplingFields) {
    // Dialects that keep sampling inside of another object have it only in our terms.
    if (request.body[field] === undefined && asksFor(field, request.sampling[unifiedNames[field]])) {
      dropped.add(field);
    }
  }
  const { maxOutputTokens, stop, seed } = request.sampling;
  return { ...request, sampling: { maxOutputTokens, stop, seed } };
}
