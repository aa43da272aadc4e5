import type { DialectName } from '../../../src/protocol/index.ts';

interface UpstreamFacts {
  /** Its own words for why it stopped. */
  length: string;
  filtered: string;
  /** How its streams say that a call has no arguments. */
  noArguments: string[];
  /** It says how much of the output was thinking. */
  countsReasoning: boolean;
  /** It wants past thoughts, or calls, back with what it signed them with. */
  signs: boolean;
  /** It loads images from the web. */
  imageAddresses: boolean;
  /** The stop sequences it gets of those that are asked for, in a translation. */
  stops(asked: string[]): string[] | undefined;
}

const all = (asked: string[]): string[] => asked;
/** It refuses sequences of white space alone, so a translation leaves them out. */
const onlyVisible = (asked: string[]): string[] => asked.filter((stop) => stop.trim() !== '');

/** What upstreams of a dialect differ in, as their documentation says. */
export const upstreamFacts: { [dialect in DialectName]: UpstreamFacts } = {
  'openai-chat': {
    length: 'length',
    filtered: 'content_filter',
    noArguments: ['{}'],
    countsReasoning: true,
    signs: false,
    imageAddresses: true,
    stops: all,
  },
  'openai-responses': {
    length: 'max_output_tokens',
    filtered: 'content_filter',
    noArguments: ['{}'],
    countsReasoning: true,
    signs: true,
    imageAddresses: true,
    // The dialect has none.
    stops: () => undefined,
  },
  'anthropic-messages': {
    length: 'max_tokens',
    filtered: 'refusal',
    noArguments: [],
    countsReasoning: false,
    signs: true,
    imageAddresses: true,
    stops: onlyVisible,
  },
  gemini: {
    length: 'MAX_TOKENS',
    filtered: 'SAFETY',
    noArguments: ['{}'],
    countsReasoning: true,
    signs: true,
    imageAddresses: true,
    stops: all,
  },
  'bedrock-converse': {
    length: 'max_tokens',
    filtered: 'content_filtered',
    noArguments: [],
    countsReasoning: false,
    signs: true,
    imageAddresses: false,
    stops: onlyVisible,
  },
};
