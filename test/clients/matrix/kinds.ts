import { aiAnthropic } from '../kinds/ai-anthropic.ts';
import { aiOpenai } from '../kinds/ai-openai.ts';
import { aiCompatible } from '../kinds/ai-openai-compatible.ts';
import { anthropic } from '../kinds/anthropic.ts';
import { googleGenai } from '../kinds/google-genai.ts';
import { openai } from '../kinds/openai.ts';
import { openaiResponses } from '../kinds/openai-responses.ts';
import type { ClientKind } from '../support/client.ts';
import { instructor } from './instructor/instructor.ts';
import { agentsChat, agentsResponses } from './kinds/agents.ts';
import { aiOpenaiResponses } from './kinds/ai-openai-responses.ts';
import { awsBedrock } from './kinds/bedrock.ts';
import { langchainAnthropic, langchainOpenai, langchainResponses } from './kinds/langchain.ts';
import { llamaindexOpenai } from './kinds/llamaindex.ts';
import { mastra } from './kinds/mastra.ts';

/** Every client of the matrix, in the order of its table. */
export const kinds: ClientKind[] = [
  openai,
  openaiResponses,
  anthropic,
  aiOpenaiResponses,
  aiOpenai,
  aiCompatible,
  aiAnthropic,
  langchainOpenai,
  langchainResponses,
  langchainAnthropic,
  agentsResponses,
  agentsChat,
  llamaindexOpenai,
  instructor,
  mastra,
  googleGenai,
  awsBedrock,
];
