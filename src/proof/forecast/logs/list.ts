import type { LogFormat } from './entry.ts';
import { heliconeLog } from './helicone.ts';
import { langfuseLog } from './langfuse.ts';
import { litellmLog } from './litellm.ts';
import { openaiLog } from './openai.ts';
import { yumenLog } from './yumen.ts';

/** In the order in which a record is shown to them: the most particular first. */
export const logFormats: readonly LogFormat[] = [yumenLog, litellmLog, heliconeLog, langfuseLog, openaiLog];
