import { proxySinks, type Sinks } from '@temporalio/workflow';

/** What a workflow tells of itself to whoever keeps the audit; not when it is replayed. */
export interface AuditSinks extends Sinks {
  audit: { started(): void; cancelled(): void };
}

export const { audit } = proxySinks<AuditSinks>();
