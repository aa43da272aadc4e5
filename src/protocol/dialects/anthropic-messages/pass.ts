import type { EncodeTarget, PassEdits } from '../../dialect.ts';
import type { ChatRequest } from '../../request.ts';
import { commonEdits } from '../pass.ts';

export function passEdits(request: ChatRequest, target: EncodeTarget): PassEdits {
  return { ...commonEdits(request, target), hidesUsage: false };
}
