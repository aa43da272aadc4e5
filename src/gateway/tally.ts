import {
  type ChatAnswer,
  type ChatEvent,
  type FinishReason,
  type GatewayError,
  isContent,
  type Usage,
} from '../protocol/index.ts';
import { ThoughtCollector } from './thought-collector.ts';

/** Text kept for estimating tokens is cut here; beyond it the estimate is scaled up. */
const keptCharsMax = 400_000;

/** What one attempt produced, counted as it passes: enough to price it exactly, or to estimate it after an abort. */
export class AnswerTally {
  usage: Usage | undefined;
  finish: FinishReason | undefined;
  error: GatewayError | undefined;
  /** The dialect's terminal event was seen. */
  ended = false;
  contentEvents = 0;
  sawReasoning = false;
  chars = 0;
  readonly thoughts = new ThoughtCollector();
  private readonly pieces: string[] = [];
  private keptChars = 0;

  see(event: ChatEvent): void {
    this.thoughts.see(event);
    if (isContent(event)) this.contentEvents += 1;
    if (event.type === 'reasoning') this.sawReasoning = true;
    switch (event.type) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        this.keep(event.text);
        break;
      case 'tool-call':
        this.keep(event.name);
        break;
      case 'tool-arguments':
        this.keep(event.fragment);
        break;
      case 'usage':
        this.usage = event.usage;
        break;
      case 'finish':
        this.finish = event.finish;
        break;
      case 'error':
        this.error = event.error;
        break;
      case 'end':
        this.ended = true;
        break;
      default:
    }
  }

  seeAnswer(answer: ChatAnswer): void {
    this.thoughts.seeAnswer(answer);
    this.usage = answer.usage;
    this.finish = answer.finish;
    this.ended = true;
    this.sawReasoning = answer.parts.some((part) => part.type === 'reasoning');
    for (const part of answer.parts) {
      if (part.type === 'text' || part.type === 'refusal' || part.type === 'reasoning') this.keep(part.text);
      if (part.type === 'tool-call') this.keep(`${part.name}${part.arguments}`);
    }
  }

  /** The answer is whole: its end was announced. A stream that only stopped is not. */
  get complete(): boolean {
    return this.error === undefined && (this.ended || this.finish !== undefined);
  }

  /** The generated text, reasoning and tool arguments included, at most `keptCharsMax` characters of it. */
  get text(): string {
    return this.pieces.join('');
  }

  /** How much longer the answer is than the kept text. */
  get scale(): number {
    return this.keptChars === 0 ? 1 : this.chars / this.keptChars;
  }

  private keep(text: string): void {
    this.chars += text.length;
    if (this.keptChars >= keptCharsMax) return;
    this.pieces.push(text);
    this.keptChars += text.length;
  }
}
