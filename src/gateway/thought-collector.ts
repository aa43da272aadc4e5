import type { ChatAnswer, ChatEvent, Part } from '../protocol/index.ts';

/** Bound of the thinking kept of one answer; beyond it nothing of it is worth keeping, because it would be cut. */
const charsMax = 1024 * 1024;

/** Gathers an answer's thinking, with the ids of the calls it led to, while the answer passes. */
export class ThoughtCollector {
  readonly callIds: string[] = [];
  private kept: Part[] = [];
  private chars = 0;

  /** Empty when there was none, or too much. */
  get parts(): readonly Part[] {
    return this.chars > charsMax ? [] : this.kept;
  }

  see(event: ChatEvent): void {
    switch (event.type) {
      case 'tool-call':
        this.callIds.push(event.id);
        break;
      case 'reasoning':
        this.append(event.text);
        break;
      case 'reasoning-signature':
        this.sign(event.signature);
        break;
      case 'redacted-reasoning':
        this.keep({ type: 'redacted-reasoning', data: event.data }, event.data.length);
        break;
      default:
    }
  }

  seeAnswer({ parts }: ChatAnswer): void {
    for (const part of parts) {
      if (part.type === 'tool-call') this.callIds.push(part.id);
      else if (part.type === 'reasoning') this.keep(part, part.text.length);
      else if (part.type === 'redacted-reasoning') this.keep(part, part.data.length);
    }
  }

  /** Deltas of one thought are one part; its signature closes it. */
  private append(text: string): void {
    const last = this.kept.at(-1);
    if (last?.type === 'reasoning' && last.signature === undefined && this.chars <= charsMax) {
      last.text += text;
      this.chars += text.length;
    } else this.keep({ type: 'reasoning', text }, text.length);
  }

  private sign(signature: string): void {
    const last = this.kept.at(-1);
    if (last?.type === 'reasoning') last.signature = (last.signature ?? '') + signature;
    else this.keep({ type: 'reasoning', text: '', signature }, signature.length);
  }

  private keep(part: Part, chars: number): void {
    this.chars += chars;
    if (this.chars > charsMax) this.kept = [];
    else this.kept.push(part);
  }
}
