import type { Part, PastThoughts } from '../protocol/index.ts';

/** What one model thought before it called tools. */
interface Thought {
  /** Reasoning parts in their order, as the model gave them. */
  parts: Part[];
  /** Who made its signatures and will accept them back. */
  maker: string;
  bytes: number;
  atMs: number;
}

const bytesMax = 64 * 1024 * 1024;
/** One answer's thinking beyond this is not kept: such a thought is not worth what it pushes out. */
const thoughtBytesMax = 1024 * 1024;
/** A tool loop that rested for a day is not taken up again. */
const keptMs = 86_400_000;
/** What an entry costs beside its text. */
const entryBytes = 300;

/**
 * Remembers the thinking that came with tool calls, because most clients drop it and some models refuse a conversation without it
 * (DeepSeek, Claude with thinking, Gemini 3). In memory only, bounded, the longest unused forgotten first. What one tenant's
 * model thought is found only by that tenant.
 */
export class ThoughtMemory {
  /** By tenant and call id; several calls of one answer share a thought. */
  private readonly byCall = new Map<string, Thought>();
  private readonly makers = new Map<string, string>();
  private bytes = 0;

  remember(
    scope: string,
    callIds: readonly string[],
    parts: readonly Part[],
    maker: string,
    nowMs: number,
  ): void {
    const text = parts.reduce((sum, part) => sum + sizeOf(part), 0);
    if (callIds.length === 0 || text === 0 || text > thoughtBytesMax) return;
    for (const signature of parts.flatMap(signatureOf)) this.note(scope, signature, maker);
    const thought: Thought = { parts: [...parts], maker, bytes: text + entryBytes, atMs: nowMs };
    for (const id of callIds) {
      const key = keyOf(scope, id);
      this.forget(key);
      this.byCall.set(key, thought);
      this.bytes += thought.bytes;
    }
    for (const key of this.byCall.keys()) {
      if (this.bytes <= bytesMax) break;
      this.forget(key);
    }
  }

  /** The memory as one upstream may be told of it: signatures that another made are left out. */
  asSeenBy(scope: string, maker: string, nowMs: number): PastThoughts {
    return {
      before: (callId) => {
        const thought = this.byCall.get(keyOf(scope, callId));
        if (thought === undefined || nowMs - thought.atMs > keptMs) return undefined;
        return thought.maker === maker ? thought.parts : thought.parts.flatMap(unsigned);
      },
      isForeign: (signature) => {
        const known = this.makers.get(keyOf(scope, fingerprint(signature)));
        return known !== undefined && known !== maker;
      },
    };
  }

  private note(scope: string, signature: string, maker: string): void {
    this.makers.set(keyOf(scope, fingerprint(signature)), maker);
    if (this.makers.size <= signaturesMax) return;
    const oldest = this.makers.keys().next().value;
    if (oldest !== undefined) this.makers.delete(oldest);
  }

  private forget(key: string): void {
    const thought = this.byCall.get(key);
    if (thought === undefined) return;
    this.byCall.delete(key);
    this.bytes -= thought.bytes;
  }
}

const signaturesMax = 100_000;

/** Names may hold any character: by its length no tenant is the beginning of another. */
function keyOf(scope: string, id: string): string {
  return `${scope.length} ${scope} ${id}`;
}

/** Signatures are long and random: both ends and the length tell them apart. */
function fingerprint(signature: string): string {
  return `${signature.length} ${signature.slice(0, 32)} ${signature.slice(-64)}`;
}

function sizeOf(part: Part): number {
  if (part.type === 'reasoning') return part.text.length + (part.signature?.length ?? 0);
  return part.type === 'redacted-reasoning' ? part.data.length : 0;
}

function signatureOf(part: Part): string[] {
  if (part.type === 'reasoning') return part.signature === undefined ? [] : [part.signature];
  return part.type === 'redacted-reasoning' ? [part.data] : [];
}

/** What is left of a part for somebody who cannot check its signature: the text, if there is any. */
function unsigned(part: Part): Part[] {
  return part.type === 'reasoning' && part.text !== '' ? [{ type: 'reasoning', text: part.text }] : [];
}
