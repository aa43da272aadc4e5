import pino, { type Logger } from 'pino';
import type { GatewayLog } from '../gateway/index.ts';

/** From the most to the least that is said. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Logs go to standard error as JSON lines; standard output is for what a command prints. */
export function createLog(level: string): GatewayLog & { info: GatewayLog['warn'] } {
  const logger: Logger = pino(
    { level, base: undefined, redact: ['*.apiKey', '*.authorization', '*.secret'] },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
  };
}
