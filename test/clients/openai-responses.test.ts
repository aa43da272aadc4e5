import { openaiResponses } from './kinds/openai-responses.ts';
import { testClient } from './support/suite.ts';

testClient(openaiResponses);
