import type { ChatRequest, Message, Part } from '../../protocol/index.ts';
import type { TurnKind } from '../decision.ts';
import { userText } from './ask.ts';
import { capped } from './scan.ts';

/**
 * Side requests of clients: naming a conversation, condensing it, working for another agent. They are told by fixed phrases of
 * the clients' prompts, each seen in a real client, and only where the shape of the request agrees.
 */
const titlePhrases =
  /title generator|\b(generate|write|create|provide|extract|suggest|give)\b[^.\n]{0,80}\btitle\b[^.\n]{0,80}\b(conversation|chat|session|thread|topic|message|discussion)|\b(conversation|chat|session|thread|discussion)\b[^.\n]{0,60}\b(short|brief|concise|word)\b[^.\n]{0,30}\btitle\b|new conversation topic|(生成|起|取|拟)[^。\n]{0,20}(标题|題名)|タイトルを(生成|付け|作成)|제목을 (생성|지어|만들)/i;
const compactionPhrases =
  /\bsummar(y|ize|ise|izes|ises|izing)\b[^.\n]{0,60}\b(conversation|chat history|session|transcript)\b|context (checkpoint )?compaction|handoff summary|continuing our conversation|compact the conversation|(总结|概括|压缩|要約|요약)[^。\n]{0,12}(对话|会话|历史|会話|대화)/i;
const subAgentPhrases =
  /\bsub-?agent\b|\byou are an? (specialized |focused )?agent (for|of|launched|spawned|working)\b/i;

const headChars = 600;
/** A title request is short: the exchange to be named, and the order to name it. */
const titleMessagesMax = 6;

/** What kind of turn this is, from where the request ends and who seems to have written it. */
export function turnKindOf(request: ChatRequest, ask: string): TurnKind {
  const system = systemHead(request.messages);
  const zone = capped(ask, 2 * headChars);
  if (request.tools.length === 0) {
    const isShort =
      request.messages.filter((message) => message.role !== 'system').length <= titleMessagesMax;
    if (isShort && (titlePhrases.test(zone) || titlePhrases.test(system))) return 'title';
  }
  // Compaction keeps the tool list in some clients, so tools do not speak against it; an open tool loop does.
  if (endsInToolResult(request.messages)) return 'tool-result';
  if (compactionPhrases.test(zone) && request.messages.length > 2) return 'compaction';
  if (request.tools.length === 0 && compactionPhrases.test(system)) return 'compaction';
  return subAgentPhrases.test(system) ? 'sub-agent' : 'main';
}

/**
 * True when the newest message brings results of tool calls: the model is in the middle of its work. Reminders that a harness
 * puts after the results do not end the loop.
 */
export function endsInToolResult(messages: Message[]): boolean {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]!;
    if (message.role === 'tool' || message.parts.some((part) => part.type === 'tool-result')) return true;
    if (message.role === 'assistant') return false;
    if (message.role === 'user' && (userText(message) !== '' || message.parts.some(isMedia))) return false;
  }
  return false;
}

const isMedia = (part: Part) => part.type === 'image' || part.type === 'document';

function systemHead(messages: Message[]): string {
  let head = '';
  for (const message of messages) {
    if (message.role !== 'system') continue;
    for (const part of message.parts) {
      if (part.type === 'text') head += `${part.text.slice(0, headChars)}\n`;
      if (head.length >= 2 * headChars) return head;
    }
  }
  return head;
}
