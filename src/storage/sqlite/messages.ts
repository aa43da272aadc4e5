import type { ErrorCode } from '../../protocol/index.ts';
import type { DatabaseOptions } from './database.ts';
import type { FindingOperations } from './findings.ts';
import type { KeyOperations } from './keys.ts';
import type { SwitchOperations } from './kill-switches.ts';
import type { LearnedOperations } from './learned.ts';
import type { OutcomeOperations } from './outcomes.ts';
import type { ProofOperations } from './proof.ts';
import type { ObjectOperations } from './provider-objects.ts';
import type { Reporting } from './report.ts';
import type { RequestReading, RequestWriting } from './requests.ts';
import type { ResponseOperations } from './responses.ts';
import type { SavingsReading } from './savings.ts';

/** What processes on one store tell each other of. */
export type Followed = 'keys' | 'switches';

/** What the thread can be asked. A reading thread knows only the reading operations. */
export type Operations = Omit<KeyOperations, 'keysVersion'> &
  Omit<SwitchOperations, 'switchesVersion'> &
  ObjectOperations &
  ResponseOperations &
  FindingOperations &
  LearnedOperations &
  OutcomeOperations &
  ProofOperations &
  RequestWriting &
  RequestReading &
  Reporting &
  SavingsReading;

export interface ThreadOptions extends DatabaseOptions {
  /** How often changes by other processes are looked for. */
  pollMs: number;
}

export interface ThreadCall {
  id: number;
  operation: keyof Operations;
  args: unknown[];
}

export type ThreadRequest = ThreadCall | 'close';

export interface ThreadError {
  code: ErrorCode;
  message: string;
  param: string | undefined;
  detail: string | undefined;
}

export type ThreadMessage =
  | { type: 'ready' }
  | { type: 'refused'; error: ThreadError }
  | { type: 'changed'; what: Followed }
  | { type: 'result'; id: number; result: unknown }
  | { type: 'error'; id: number; error: ThreadError };
