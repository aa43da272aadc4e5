import type { ChatAnswer, ChatEvent, FinishReason, Part, Usage } from '../protocol/index.ts';

type ToolCall = Extract<Part, { type: 'tool-call' }>;

/** Puts the events of a stream together to one answer, for an upstream that streams although one document was asked for. */
export class AnswerCollector {
  private id: string | undefined;
  private model: string | undefined;
  private finish: FinishReason | undefined;
  private usage: Usage | undefined;
  private ended = false;
  private readonly parts: Part[] = [];
  private readonly calls = new Map<number, ToolCall>();

  add(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.id ??= event.id;
        this.model ??= event.model;
        break;
      case 'text':
      case 'refusal':
      case 'reasoning':
        this.addText(event.type, event.text);
        break;
      case 'reasoning-signature':
        this.sign(event.signature);
        break;
      case 'redacted-reasoning':
        this.parts.push(event);
        break;
      case 'tool-call': {
        const { id, name, signature } = event;
        const seal = signature === undefined ? {} : { signature };
        const call: ToolCall = { type: 'tool-call', id, name, arguments: '', ...seal };
        this.calls.set(event.index, call);
        this.parts.push(call);
        break;
      }
      case 'tool-arguments': {
        const call = this.calls.get(event.index);
        if (call !== undefined) call.arguments += event.fragment;
        break;
      }
      case 'finish':
        this.finish = event.finish;
        break;
      case 'usage':
        this.usage = event.usage;
        break;
      case 'end':
        this.ended = true;
        break;
      default:
    }
  }

  /** Undefined while the end has not been announced: what there is was cut. */
  answer(): ChatAnswer | undefined {
    if (!this.ended && this.finish === undefined) return undefined;
    for (const call of this.calls.values()) if (call.arguments === '') call.arguments = '{}';
    const finish: FinishReason = this.finish ?? {
      unified: this.calls.size > 0 ? 'tool-calls' : 'stop',
      raw: undefined,
    };
    return { id: this.id, model: this.model, parts: this.parts, finish, usage: this.usage };
  }

  private addText(type: 'text' | 'refusal' | 'reasoning', text: string): void {
    const last = this.parts.at(-1);
    // A signature closes its thought; what follows is another one.
    const open = last?.type === type && !('signature' in last);
    if (open) last.text += text;
    else this.parts.push({ type, text });
  }

  private sign(signature: string): void {
    const last = this.parts.at(-1);
    if (last?.type === 'reasoning') last.signature = (last.signature ?? '') + signature;
    else this.parts.push({ type: 'reasoning', text: '', signature });
  }
}
