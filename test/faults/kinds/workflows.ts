import { randomUUID } from 'node:crypto';
import type { FaultKind } from './fault-kind.ts';

const reset: FaultKind = {
  name: 'reset of the workflow to its beginning',
  phase: null,
  mostMs: 1000,
  async inflict({ cluster: { temporal }, run: { workflowId } }) {
    try {
      const handle = temporal.workflow.getHandle(workflowId);
      const { events } = await handle.fetchHistory();
      const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done);
      const { runId } = await handle.describe();
      if (first?.eventId === undefined) return null;
      await temporal.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        reason: 'a fault of a test',
        workflowTaskFinishEventId: first.eventId,
        requestId: randomUUID(),
      });
      return `run ${runId}`;
    } catch {
      // Ended meanwhile, or Temporal is away by another fault.
      return null;
    }
  },
};

const terminated: FaultKind = {
  name: 'workflow terminated, and started anew',
  phase: null,
  mostMs: 1000,
  async inflict({ run }) {
    try {
      await run.startAnew();
      return run.workflowId;
    } catch {
      // Ended meanwhile, or Temporal is away by another fault.
      return null;
    }
  },
};

export const workflowFaults: readonly FaultKind[] = [reset, terminated];
