import type { JsonObject } from '../../json.ts';
import type { ChatRequest } from '../../request.ts';
import { decodeSharedSampling } from '../openai-chat/sampling.ts';
import {
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  readFallbackModels,
  reject,
  requireModel,
} from '../read.ts';

/** The vendor's own limit where a request of this dialect names none. */
const defaultOutputTokens = 16;

/**
 * A prompt to be continued becomes a question to be answered: models of today are asked by messages. What would turn the answer into
 * another one is refused; the rest is listed as dropped.
 */
export function decodeRequest(body: JsonObject, bytes: Uint8Array): ChatRequest {
  const model = requireModel(body);
  const prompt = decodePrompt(body['prompt']);
  refuseWhatChangesTheAnswer(body);
  const stream = optionalBoolean(body, 'stream') ?? false;
  return {
    dialect: 'openai-completions',
    model,
    stream,
    wantsStreamUsage: stream && optionalObject(body, 'stream_options')?.['include_usage'] === true,
    messages: [{ role: 'user', parts: [{ type: 'text', text: prompt }] }],
    tools: [],
    sampling: {
      ...decodeSharedSampling(body),
      maxOutputTokens: optionalInteger(body, 'max_tokens', 1) ?? defaultOutputTokens,
    },
    choices: 1,
    user: optionalString(body, 'user'),
    fallbackModels: readFallbackModels(body),
    body,
    bytes,
  };
}

function decodePrompt(prompt: unknown): string {
  if (typeof prompt === 'string' && prompt !== '') return prompt;
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.length === 1 && typeof prompt[0] === 'string' && prompt[0] !== '') return prompt[0];
    const isTokens = prompt.every((item) => typeof item === 'number' || Array.isArray(item));
    reject(
      'prompt',
      isTokens
        ? 'must be text: token ids mean something else to every model.'
        : 'must be one prompt: send each of several in a request of its own.',
    );
  }
  return reject('prompt', 'must be a non-empty string.');
}

function refuseWhatChangesTheAnswer(body: JsonObject): void {
  const suffix = optionalString(body, 'suffix');
  if (suffix !== undefined && suffix !== '') {
    reject('suffix', 'must be left out: models that are asked by messages cannot fill in before a suffix.');
  }
  const choices = optionalInteger(body, 'n', 1) ?? 1;
  if (choices > 1) reject('n', 'must be 1: ask again for another completion.');
}
