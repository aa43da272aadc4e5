import { dialects } from '../../src/protocol/index.ts';
import { dialectConformance } from './dialect-conformance.ts';

dialectConformance(dialects['openai-chat'], {
  refusalText: true,
  signedHistory: false,
  toolErrors: false,
  cacheLifetimes: false,
  seedAndPenalties: true,
  topK: false,
});

dialectConformance(dialects['anthropic-messages'], {
  refusalText: false,
  signedHistory: true,
  toolErrors: true,
  cacheLifetimes: true,
  seedAndPenalties: false,
  topK: true,
});
