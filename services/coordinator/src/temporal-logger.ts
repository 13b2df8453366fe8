import type { Logger } from '@ddad/platform';
import { DefaultLogger, type LogLevel, type Logger as TemporalLogger } from '@temporalio/worker';

const levelOf = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;

/** The SDK's log, written by ours; what it says beside warnings is of use while debugging only. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const log = logger.child({ part: 'temporal' });
  return new DefaultLogger(log.isLevelEnabled('debug') ? 'DEBUG' : 'WARN', ({ level, message, meta }) => {
    // Tokens are long and of no use to people.
    const { taskToken: _, error, ...rest } = meta ?? {};
    log[levelOf[level]]({ ...rest, ...(error === undefined ? {} : { err: error }) }, message);
  });
}
