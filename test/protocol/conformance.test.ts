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
  streamedCacheLifetimes: false,
  seedAndPenalties: false,
  topK: true,
});

dialectConformance(dialects['bedrock-converse'], {
  refusalText: false,
  signedHistory: false,
  toolErrors: true,
  cacheLifetimes: true,
  seedAndPenalties: false,
  topK: false,
  imageUrls: false,
  parallelSwitch: false,
  documentNames: false,
  answerModel: false,
  reasoningCount: false,
});

dialectConformance(dialects['openai-responses'], {
  refusalText: true,
  signedHistory: true,
  signature: 'openai-responses:rs_1:c2lnbg==',
  toolErrors: false,
  cacheLifetimes: false,
  seedAndPenalties: false,
  topK: false,
  stop: false,
  outputTokensMin: 16,
});

dialectConformance(dialects.gemini, {
  refusalText: false,
  signedHistory: false,
  toolErrors: true,
  cacheLifetimes: false,
  seedAndPenalties: true,
  topK: true,
  parallelSwitch: false,
  documentNames: false,
  user: false,
  cacheWrites: false,
  terminalEvent: false,
  listedAsDropped: ['user', 'messages.content.document.name'],
});
