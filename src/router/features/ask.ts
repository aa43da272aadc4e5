import type { ChatRequest, Message } from '../../protocol/index.ts';

/**
 * Blocks that harnesses put into user messages: reminders, editor state, command output. They are not what the user asks, and reading
 * them as such would make every request of an agent look alike.
 */
const harnessBlock =
  /<(system-reminder|environment_context|environment_details|user_instructions|permissions_instructions|local-command-stdout|local-command-stderr|command-name|command-message|command-args|ide_selection|ide_opened_file|open_and_recently_viewed_files|additional_data|context_summary)>[\s\S]*?(<\/\1>|$)/g;

/** Texts without a tag are the common case and cost one search. */
function withoutHarnessBlocks(text: string): string {
  if (!text.includes('<')) return text;
  return text.replace(harnessBlock, '').trim();
}

export interface NewestAsk {
  text: string;
  /** Index of its message; -1 when no user text exists. */
  messageIndex: number;
  userTurns: number;
}

/** The newest text the user wrote, apart from system text, tool output, harness blocks and earlier turns. */
export function newestAsk(request: ChatRequest): NewestAsk {
  let newest: NewestAsk = { text: '', messageIndex: -1, userTurns: 0 };
  let userTurns = 0;
  for (let i = request.messages.length - 1; i >= 0; i--) {
    const message = request.messages[i]!;
    if (message.role !== 'user') continue;
    // Only the newest ask is read as text; of earlier turns it is enough to know that they are the user's.
    if (newest.messageIndex >= 0) {
      if (hasUserText(message)) userTurns += 1;
      continue;
    }
    const text = userText(message);
    if (text === '') continue;
    newest = { text, messageIndex: i, userTurns: 0 };
    userTurns += 1;
  }
  return { ...newest, userTurns };
}

/** What the user wrote in a message, without harness blocks; empty where a harness wrote it all. */
export function userText(message: Message): string {
  const texts: string[] = [];
  for (const part of message.parts) {
    if (part.type !== 'text') continue;
    const text = withoutHarnessBlocks(part.text);
    if (text.trim() !== '') texts.push(text);
  }
  return texts.join('\n');
}

const hasUserText = (message: Message) =>
  message.parts.some((part) => part.type === 'text' && part.text !== '');
