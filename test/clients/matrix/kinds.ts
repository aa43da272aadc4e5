import { aiAnthropic } from '../kinds/ai-anthropic.ts';
import { aiOpenai } from '../kinds/ai-openai.ts';
import { aiCompatible } from '../kinds/ai-openai-compatible.ts';
import { anthropic } from '../kinds/anthropic.ts';
import { googleGenai } from '../kinds/google-genai.ts';
import { openai } from '../kinds/openai.ts';
import { openaiResponses } from '../kinds/openai-responses.ts';
import type { ClientKind } from '../support/client.ts';

/** Every client of the matrix, in the order of its table. */
export const kinds: ClientKind[] = [
  openai,
  openaiResponses,
  anthropic,
  aiOpenai,
  aiCompatible,
  aiAnthropic,
  googleGenai,
];
