import type { ModelKind } from '../model.ts';
import { amount, date, type Json, list, object, size, text } from './json.ts';
import type { Offer, QuotedTier, ReadSource } from './offer.ts';
import { placeOf, type SourceNames } from './source-names.ts';

/**
 * Reads the API file of models.dev (by provider), or one that keeps the providers under `providers` and shared facts under
 * `models`. Figures are USD per 1M tokens there (models.dev, README of anomalyco/models.dev).
 */
export function readModelsDev(content: unknown, names: SourceNames, source: string): ReadSource {
  const root = object(content);
  const providers = object(root['providers'] ?? root);
  const shared = object(root['providers'] === undefined ? undefined : root['models']);
  const read: ReadSource = { offers: [], unmapped: {} };
  for (const [provider, value] of Object.entries(providers)) {
    const models = object(object(value)['models']);
    const mapped = names['models.dev'][provider];
    const place = mapped === undefined ? undefined : placeOf(mapped);
    if (place === undefined) {
      const count = Object.keys(models).length;
      if (count > 0) read.unmapped[provider] = count;
      continue;
    }
    for (const [native, entry] of Object.entries(models)) {
      const own = object(entry);
      const base = object(shared[text(own['base_model']) ?? '']);
      read.offers.push({ ...offerOf(merged(base, own), native), source, ...place });
    }
  }
  return read;
}

function merged(base: Json, own: Json): Json {
  const limit = { ...object(base['limit']), ...object(own['limit']) };
  const modalities = { ...object(base['modalities']), ...object(own['modalities']) };
  return { ...base, ...own, limit, modalities };
}

function offerOf(model: Json, native: string): Omit<Offer, 'source' | 'vendor' | 'region'> {
  const limit = object(model['limit']);
  const inputs = list(object(model['modalities'])['input']);
  const cost = object(model['cost']);
  return {
    native,
    name: text(model['name']),
    kind: kindOf(model, native),
    released: date(model['release_date']),
    // The source says that, not since when.
    retired: model['status'] === 'deprecated' ? '1970-01-01' : undefined,
    contextTokens: size(limit['context']),
    outputTokensMax: size(limit['output']),
    openWeights: typeof model['open_weights'] === 'boolean' ? model['open_weights'] : undefined,
    tools: model['tool_call'] === true,
    parallelTools: false,
    jsonSchema: model['structured_output'] === true,
    imageInput: inputs.includes('image'),
    documentInput: inputs.includes('pdf'),
    reasoning: reasoningOf(model),
    tiers: [tierOf(cost, 0), ...list(cost['tiers']).map(sized)].filter((tier) => tier !== undefined),
  };
}

function sized(value: unknown): QuotedTier | undefined {
  const tier = object(value);
  const above = size(object(tier['tier'])['size']);
  return above === undefined ? undefined : tierOf(tier, above);
}

function tierOf(cost: Json, inputTokensAbove: number): QuotedTier | undefined {
  const input = amount(cost['input']);
  const output = amount(cost['output']);
  if (input === undefined || output === undefined) return undefined;
  const thinking = amount(cost['reasoning']);
  return {
    inputTokensAbove,
    input,
    output,
    outputThinking: thinking === output ? undefined : thinking,
    cacheRead: amount(cost['cache_read']),
    cacheWrite: amount(cost['cache_write']),
  };
}

function kindOf(model: Json, native: string): ModelKind {
  const outputs = list(object(model['modalities'])['output']);
  if (/embed|\bbge-(?!reranker)|\be5-|\bgte-(?!rerank)/i.test(native)) return 'embedding';
  if (/rerank/i.test(native)) return 'rerank';
  if (outputs.length > 0 && !outputs.includes('text')) return outputs.includes('image') ? 'image' : 'audio';
  return /whisper|transcribe|-tts\b|-asr\b/i.test(native) ? 'audio' : 'chat';
}

function reasoningOf(model: Json): Offer['reasoning'] {
  if (model['reasoning'] !== true) return 'none';
  const options = list(model['reasoning_options']).map(object);
  const switchable = options.some(
    (option) =>
      option['type'] === 'toggle' ||
      (option['type'] === 'effort' && list(option['values']).includes('none')) ||
      (option['type'] === 'budget_tokens' && option['min'] === 0),
  );
  return switchable ? 'optional' : 'always';
}
