import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { commonEdits, type OpenEdits } from '../pass.ts';
import { encodeModelReasoning } from './reasoning.ts';

/** The model is in the path; the output limit, the sampling and the thinking stand inside objects, of which the rest stays. */
export function passEdits(request: ChatRequest, target: EncodeTarget): PassEdits {
  const { body } = request;
  const { edits, dropped } = commonEdits(request, { ...target, modelInBody: false }, encodeModelReasoning);
  keepOutputFormat(body, edits);
  if (body['modelId'] !== undefined) edits['modelId'] = undefined;

  const given = isObject(body['inferenceConfig']) ? body['inferenceConfig'] : {};
  const config: JsonObject = { ...given };
  const limit = request.sampling.maxOutputTokens;
  if (limit !== undefined) config['maxTokens'] = limit;
  if (target.sampling === false) {
    for (const field of ['temperature', 'topP']) {
      if (config[field] === undefined) continue;
      delete config[field];
      dropped.push(`inferenceConfig.${field}`);
    }
  }
  const changed =
    config['maxTokens'] !== given['maxTokens'] || Object.keys(config).length < Object.keys(given).length;
  if (changed) edits['inferenceConfig'] = config as Json;
  return { edits, hidesUsage: false, dropped };
}

/** `output_config` also holds an output format, which is no part of the thinking that a preset replaces. */
function keepOutputFormat(body: JsonObject, edits: OpenEdits['edits']): void {
  const field = 'additionalModelRequestFields';
  if (!(field in edits) || !isObject(body[field]) || !isObject(body[field]['output_config'])) return;
  const { effort: _, ...rest } = body[field]['output_config'];
  if (Object.keys(rest).length === 0) return;
  const edited = isObject(edits[field]) ? edits[field] : {};
  const config = isObject(edited['output_config']) ? edited['output_config'] : {};
  edits[field] = { ...edited, output_config: { ...rest, ...config } } as Json;
}
