import type { Part } from './request.ts';

/** What is remembered of a conversation's thinking, as one upstream may be told of it. */
export interface PastThoughts {
  /** The reasoning that led to this tool call, with the signatures that this upstream accepts; undefined where it is not known. */
  before(callId: string): readonly Part[] | undefined;
  /** Somebody else made this signature (or encrypted thought), and this upstream would refuse it. */
  isForeign(signature: string): boolean;
}
