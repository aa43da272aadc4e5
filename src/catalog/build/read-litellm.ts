import type { ModelKind } from '../model.ts';
import { amount, date, type Json, list, object, size } from './json.ts';
import type { Offer, QuotedTier, ReadSource } from './offer.ts';
import { placeOf, type SourceNames } from './source-names.ts';

const kinds: { [mode: string]: ModelKind } = {
  chat: 'chat',
  completion: 'chat',
  embedding: 'embedding',
  rerank: 'rerank',
  moderation: 'moderation',
  image_generation: 'image',
  audio_transcription: 'audio',
  audio_speech: 'audio',
};

/** Prices for bigger requests are separate fields, named by their limit. */
const tierSizes = [128, 200, 256, 272, 512];

/**
 * Reads LiteLLM's price map (model_prices_and_context_window.json). Figures are USD per token there; a key is the vendor's name
 * of the model, often behind a prefix. Fine-tunes and entries of modes without a model kind are passed over.
 */
export function readLitellm(content: unknown, names: SourceNames, source: string): ReadSource {
  const read: ReadSource = { offers: [], unmapped: {} };
  for (const [key, value] of Object.entries(object(content))) {
    const entry = object(value);
    const provider = entry['litellm_provider'];
    const kind = kinds[String(entry['mode'])];
    if (typeof provider !== 'string' || kind === undefined || /^ft:|^sample_spec$|\/$/.test(key)) continue;
    const mapped = names.litellm[provider];
    const place = mapped === undefined ? undefined : placeOf(mapped);
    if (mapped === undefined || place === undefined) {
      read.unmapped[provider] = (read.unmapped[provider] ?? 0) + 1;
      continue;
    }
    const { prefix = '' } = mapped;
    const native = prefix !== '' && key.startsWith(prefix) ? key.slice(prefix.length) : key;
    read.offers.push({ ...offerOf(entry, native, kind), source, ...place });
  }
  return read;
}

function offerOf(entry: Json, native: string, kind: ModelKind): Omit<Offer, 'source' | 'vendor' | 'region'> {
  const can = (field: string) => entry[field] === true;
  return {
    native,
    name: undefined,
    kind,
    released: undefined,
    retired: date(entry['deprecation_date']),
    contextTokens: size(entry['max_input_tokens']) ?? size(entry['max_tokens']),
    outputTokensMax: size(entry['max_output_tokens']) ?? size(entry['max_tokens']),
    openWeights: undefined,
    tools: can('supports_function_calling'),
    parallelTools: can('supports_parallel_function_calling'),
    jsonSchema: can('supports_response_schema'),
    imageInput: can('supports_vision'),
    documentInput: can('supports_pdf_input'),
    reasoning: !can('supports_reasoning')
      ? 'none'
      : can('supports_none_reasoning_effort') || can('supports_adaptive_thinking')
        ? 'optional'
        : 'always',
    tiers: tiersOf(entry),
  };
}

function tiersOf(entry: Json): QuotedTier[] {
  const listed = list(entry['tiered_pricing']).map(object);
  const tiers =
    listed.length > 0
      ? listed.map((tier) => tierOf(tier, '', amount(list(tier['range'])[0]) ?? 0))
      : [
          tierOf(entry, '', 0),
          ...tierSizes.map((size) => tierOf(entry, `_above_${size}k_tokens`, size * 1000)),
        ];
  return tiers.filter((tier) => tier !== undefined);
}

function tierOf(entry: Json, suffix: string, inputTokensAbove: number): QuotedTier | undefined {
  const perMillion = (field: string) => {
    const perToken = amount(entry[`${field}${suffix}`]);
    // A millionth of a dollar per 1M tokens is the finest price there is: what is finer is the error of a binary fraction.
    return perToken === undefined ? undefined : Math.round(perToken * 1e12) / 1e6;
  };
  const input = perMillion('input_cost_per_token');
  if (input === undefined) return undefined;
  // Embedding models have no output price.
  const output = perMillion('output_cost_per_token') ?? (suffix === '' ? 0 : undefined);
  if (output === undefined) return undefined;
  const thinking = perMillion('output_cost_per_reasoning_token');
  return {
    inputTokensAbove,
    input,
    output,
    outputThinking: thinking === output ? undefined : thinking,
    cacheRead: perMillion('cache_read_input_token_cost'),
    cacheWrite: perMillion('cache_creation_input_token_cost'),
    cacheWrite1h:
      suffix === ''
        ? perMillion('cache_creation_input_token_cost_above_1hr')
        : amountAboveHour(entry, suffix),
  };
}

function amountAboveHour(entry: Json, suffix: string): number | undefined {
  const perToken = amount(entry[`cache_creation_input_token_cost_above_1hr${suffix}`]);
  return perToken === undefined ? undefined : Math.round(perToken * 1e12) / 1e6;
}
