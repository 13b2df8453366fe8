import { visible } from '@ddad/contract';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './log-levels.ts';
import { writeLogLine } from './log-output.ts';

export type { Logger } from 'pino';
export type { LogLevel } from './log-levels.ts';

/** Fields that hold credentials wherever a configuration is logged by mistake. */
const credentials = [
  'password',
  'token',
  'accessKey',
  'secretKey',
  'NATS_PASSWORD',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'GRPC_TOKEN',
  'GRPC_TLS_KEY',
  'TEMPORAL_TLS_KEY',
  'TEMPORAL_API_KEY',
  'apiKey',
];

/**
 * A logger that writes one JSON object a line, with service, process id and ISO time.
 * @param destination standard output unless given (a command that prints results there logs elsewhere).
 */
export function createLogger(
  service: string,
  level: LogLevel,
  destination: DestinationStream = { write: (line) => writeLogLine(line) },
): Logger {
  const options = {
    base: { service, pid: process.pid },
    level,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // JSON leaves some characters as they are that act on a terminal, where `ddad trainer` shows this.
    hooks: { streamWrite: visible },
    redact: { paths: credentials.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
  };
  return pino(options, destination);
}
