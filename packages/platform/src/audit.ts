import type { Logger } from './logger.ts';

/** What somebody did that those who answer for the data want to know of. */
export interface AuditEntry {
  action: 'run started' | 'run cancelled' | 'run deleted' | 'model exported' | 'images scored';
  /** `user@host` as their own program said, or a service's process; null where nothing said so. Nobody has proved it. */
  who: string | null;
  /** When they did it, ISO 8601; absent: now. */
  at?: string;
  workflowId?: string;
  runId?: string;
  /** The run or experiment that started it. */
  startedBy?: string;
  /** Of a model: the member's key, or the run. */
  key?: string;
}

/** Writes lines of the audit: `msg` is "audit", and no level of logging leaves them out. No names of images or files. */
export function auditTo(logger: Logger): (entry: AuditEntry) => void {
  const audit = logger.child({}, { level: 'info' });
  return (entry) => audit.info({ audit: entry }, 'audit');
}
