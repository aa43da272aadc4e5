import { GatewayError } from '../protocol/index.ts';
import type { KeyLimits, Role } from './key.ts';

const nameCharsMax = 200;
const modelsMax = 1000;

/** What `createKey` needs to know. */
export interface NewKey {
  name: string;
  role: Role;
  project?: string | undefined;
  models?: string[] | undefined;
  limits?: KeyLimits | undefined;
  expiresAtMs?: number | undefined;
}

/** Throws `invalid_request` naming the field at fault. */
export function checkNewKey(key: NewKey, nowMs: number): void {
  checkName('name', key.name);
  if (key.role !== 'admin' && key.role !== 'caller') {
    throw invalid('role', '`role` is `admin` or `caller`.');
  }
  if (key.project !== undefined) checkName('project', key.project);
  if (key.models !== undefined) {
    if (key.models.length === 0 || key.models.length > modelsMax) {
      throw invalid('models', `\`models\` has 1 to ${modelsMax} names; leave it out to allow all models.`);
    }
    for (const [index, glob] of key.models.entries()) checkName(`models[${index}]`, glob);
  }
  if (key.expiresAtMs !== undefined && !(Number.isSafeInteger(key.expiresAtMs) && key.expiresAtMs > nowMs)) {
    throw invalid('expiresAtMs', 'The time of expiry must lie in the future.');
  }
  const { requestsPerMinute, concurrentRequests, budgetNanoPerDay } = key.limits ?? {};
  checkLimit('requestsPerMinute', requestsPerMinute, 1);
  checkLimit('concurrentRequests', concurrentRequests, 1);
  checkLimit('budgetNanoPerDay', budgetNanoPerDay, 0);
}

function checkName(param: string, value: string): void {
  // Control characters would break log lines, terminals and headers that show the name.
  if (value.trim() === '' || value.length > nameCharsMax || /\p{Cc}/u.test(value)) {
    throw invalid(param, `\`${param}\` has 1 to ${nameCharsMax} printable characters.`);
  }
}

function checkLimit(name: string, value: number | undefined, min: number): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= min)) {
    throw invalid(`limits.${name}`, `\`limits.${name}\` is a whole number of at least ${min}.`);
  }
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
