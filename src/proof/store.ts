import type { FeedbackNote } from '../gateway/index.ts';
import type { Certificate, FrozenPolicy, StoryEvent } from './lifecycle/state.ts';
import type { Capture, Label, Pair } from './pairs/pair.ts';

/** Words about an answer, for as long as they may be kept. */
export interface NewNote extends FeedbackNote {
  /** The edit, which holds text of an answer, goes before the comment. */
  editExpiresAtMs: number | undefined;
  expiresAtMs: number;
}

export interface StoredNote extends FeedbackNote {
  /** `note_…`, time-ordered. */
  id: string;
}

export interface PairQuery {
  route?: string | undefined;
  policy?: string | undefined;
  use?: Pair['use'] | undefined;
  /** Only pairs drawn for a human label: `open` those without one yet. */
  anchors?: 'open' | 'all' | undefined;
  /** Inclusive. */
  fromMs?: number | undefined;
  /** Exclusive. */
  toMs?: number | undefined;
  /** Only pairs stored after the one with this id, oldest first; without it newest first. */
  after?: string | undefined;
  /** Of the page before, newest first. */
  cursor?: string | undefined;
  /** 1..500. */
  limit: number;
}

/** A request that was not drawn for a pair, or not fully: what its text-free record says of the policy under test. One line per moment and route. */
export interface ProofStore {
  /** Stores a pair, and its capture where there is one, or nothing. The same id again replaces it: grades come after answers. */
  putPair(pair: Pair, capture: Capture | undefined): Promise<void>;
  pair(id: string): Promise<Pair | undefined>;
  pairs(query: PairQuery): Promise<{ pairs: Pair[]; nextCursor: string | undefined }>;
  /** The last label of each key for a pair's candidate stands. Rejects with `not_found` where there is no such pair. */
  putLabel(label: Label): Promise<void>;
  labels(pairIds: readonly string[]): Promise<Label[]>;
  putCapture(capture: Capture): Promise<void>;
  capture(requestId: string): Promise<Capture | undefined>;
  /** Newest first. */
  captures(query: {
    route?: string | undefined;
    fromMs: number;
    toMs: number;
    cursor?: string | undefined;
    limit: number;
  }): Promise<{
    captures: Capture[];
    nextCursor: string | undefined;
  }>;
  /** One note stands for each request, key and source. */
  putNote(note: NewNote): Promise<void>;
  /** Newest first. */
  notes(query: { route?: string | undefined; limit: number; cursor?: string | undefined }): Promise<{
    notes: StoredNote[];
    nextCursor: string | undefined;
  }>;
  /** Drops captures and notes past their time, then the oldest captures beyond `bytesMax`; resolves with how many captures. */
  pruneCaptures(nowMs: number, bytesMax: number): Promise<number>;
  putPolicy(policy: FrozenPolicy): Promise<void>;
  policies(route: string): Promise<FrozenPolicy[]>;
  /** The same id again replaces it: a certificate ends. */
  putCertificate(certificate: Certificate): Promise<void>;
  /** Newest first. */
  certificates(query: { route?: string | undefined; limit: number }): Promise<Certificate[]>;
  appendStory(events: readonly StoryEvent[]): Promise<void>;
  /** Newest first. */
  story(query: { route?: string | undefined; limit: number; cursor?: string | undefined }): Promise<{
    events: StoryEvent[];
    nextCursor: string | undefined;
  }>;
}
