import type { ChatRequest, Message, ReasoningRequest } from '../../protocol/index.ts';
import type { Shape, TaskFamily, TurnKind } from '../decision.ts';
import { newestAsk } from './ask.ts';
import { conversationKeyOf, type SessionSource, sessionKeyOf } from './session-key.ts';
import { wantsShortAnswer } from './short-answer.ts';
import { inputTokens } from './tokens.ts';
import { endsInToolResult, turnKindOf } from './turn.ts';
import { type AskVector, readAsk } from './vector.ts';

export interface RequestReading {
  shape: Shape;
  /** The newest user ask as written; kept out of the shape, which may be stored. */
  ask: string;
  vector: AskVector;
}

/** From here on the length of the context, not the ask, makes the work. */
const longContextTokens = 32_000;

/**
 * Reads a request once. System prompt and tool list count towards tokens and capabilities, never towards how hard the user's
 * ask looks: a coding agent's prompt would else make «hi» look like a research project.
 */
export function readRequest(request: ChatRequest, session: SessionSource): RequestReading {
  const ask = newestAsk(request);
  const reading = readAsk(ask.text);
  const turn = turnKindOf(request, ask.text);
  const history = historyOf(request.messages, ask.messageIndex);
  const tokens = inputTokens(request);
  return {
    ask: ask.text,
    vector: reading.vector,
    shape: {
      language: reading.language,
      task: taskOf(reading.task, turn, history.toolTraffic, tokens.estimate),
      turn,
      askChars: ask.text.length,
      inputTokensBound: tokens.bound,
      inputTokensEstimate: tokens.estimate,
      userTurns: ask.userTurns,
      messages: request.messages.length,
      hasImages: history.hasImages,
      hasDocuments: history.hasDocuments,
      tools: request.tools.length,
      openToolLoop: history.openToolLoop,
      wantsJsonSchema: request.responseFormat?.type === 'json-schema',
      wantsShortAnswer: wantsShortAnswer(ask.text),
      wantsReasoning: wantsReasoning(request.reasoning),
      providerBoundState: history.providerBoundState,
      outputTokensMax: request.sampling.maxOutputTokens,
      sessionKey: sessionKeyOf(request, session),
      conversationKey: conversationKeyOf(request, session),
    },
  };
}

function taskOf(byAsk: TaskFamily, turn: TurnKind, toolTraffic: boolean, tokens: number): TaskFamily {
  if (turn === 'title' || turn === 'compaction') return 'utility';
  if (toolTraffic || turn === 'tool-result') return 'agent-step';
  const askMakesTheWork = byAsk === 'code' || byAsk === 'maths' || byAsk === 'creative';
  return tokens > longContextTokens && !askMakesTheWork ? 'long-context' : byAsk;
}

interface History {
  hasImages: boolean;
  hasDocuments: boolean;
  /** Tools were called since the newest ask. */
  openToolLoop: boolean;
  /** Tools were called anywhere in the conversation. */
  toolTraffic: boolean;
  providerBoundState: boolean;
}

function historyOf(messages: Message[], askIndex: number): History {
  const history: History = {
    hasImages: false,
    hasDocuments: false,
    openToolLoop: endsInToolResult(messages),
    toolTraffic: false,
    providerBoundState: false,
  };
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!;
    if (message.role === 'tool') history.toolTraffic = true;
    for (const part of message.parts) {
      switch (part.type) {
        case 'image':
          history.hasImages = true;
          break;
        case 'document':
          history.hasDocuments = true;
          break;
        case 'tool-call':
          history.toolTraffic = true;
          if (i > askIndex) history.openToolLoop = true;
          break;
        case 'tool-result':
          history.toolTraffic = true;
          history.hasImages ||= part.parts.some((inner) => inner.type === 'image');
          history.hasDocuments ||= part.parts.some((inner) => inner.type === 'document');
          break;
        case 'reasoning':
          history.providerBoundState ||= part.signature !== undefined;
          break;
        case 'redacted-reasoning':
          history.providerBoundState = true;
          break;
        default:
          break;
      }
    }
  }
  return history;
}

/** Words by which clients switch thinking off rather than on. */
const offEfforts = new Set(['none', 'off', 'minimal', 'disabled']);

function wantsReasoning(reasoning: ReasoningRequest | undefined): boolean {
  if (reasoning === undefined || reasoning.enabled === false) return false;
  if (reasoning.enabled === true) return true;
  if (reasoning.effort !== undefined) return !offEfforts.has(reasoning.effort);
  return reasoning.budgetTokens !== undefined && reasoning.budgetTokens > 0;
}
