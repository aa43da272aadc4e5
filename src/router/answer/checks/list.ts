import type { ChatAnswer, ChatRequest } from '../../../protocol/index.ts';
import type { Shape } from '../../decision.ts';
import { checkCode } from './code.ts';
import { checkEmpty } from './empty.ts';
import type { FaultCode } from './faults.ts';
import { checkJson } from './json.ts';
import { checkLanguage } from './language.ts';
import { checkLoop } from './loop.ts';
import { checkRefusal } from './refusal.ts';
import { checkToolArguments, checkToolChoice, checkToolNames, checkToolSchemas } from './tool-calls.ts';
import { checkTruncation } from './truncation.ts';
import { type AnswerView, viewAnswer } from './view.ts';

/** In the order in which faults are told. */
const checks: ((view: AnswerView) => FaultCode | undefined)[] = [
  checkEmpty,
  checkToolArguments,
  checkToolNames,
  checkToolSchemas,
  checkToolChoice,
  checkJson,
  checkRefusal,
  checkTruncation,
  checkLoop,
  checkLanguage,
  checkCode,
];

/**
 * What a whole answer shows to be wrong with itself, most serious first; nothing where nothing is certain. An answer that the client's own output limit
 * cut is what the client asked for, and is not judged. `shape` spares reading the request again.
 */
export function answerFaults(answer: ChatAnswer, request: ChatRequest, shape?: Shape): FaultCode[] {
  if (answer.finish.unified === 'length') {
    return request.sampling.maxOutputTokens === undefined ? ['truncated'] : [];
  }
  const view = viewAnswer(answer, request, shape);
  return checks.map((check) => check(view)).filter((code) => code !== undefined);
}
