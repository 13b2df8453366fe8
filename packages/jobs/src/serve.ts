import {
  JobError,
  type JobEvent,
  type JobHeader,
  type StopRequest,
  type StopResponse,
  toStatus,
  traceOf,
  writeCoalesced,
} from '@ddad/rpc';
import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { ArtifactPlan } from './job.ts';
import type { JobHost } from './job-host.ts';

/**
 * A gRPC handler that runs a job and streams its events.
 * @param planOf reads the request; throws JobError `invalid` where it is at fault
 */
export function serveJob<Request extends { job: JobHeader | undefined }>(
  host: JobHost,
  planOf: (request: Request) => ArtifactPlan,
): handleServerStreamingCall<Request, { event: JobEvent | undefined }> {
  return (call) => {
    const writer = writeCoalesced(call);
    const closed = new Promise<void>((resolve) => {
      // A call that was cancelled before it came here says so no more.
      if (call.cancelled) resolve();
      call.once('cancelled', () => resolve());
      call.once('close', () => resolve());
    });
    try {
      const plan = planOf(call.request);
      const { job } = call.request;
      if (job === undefined) throw new JobError('invalid', 'expected a job header, got none');
      host.serve(job, plan, { writer, closed, trace: traceOf(call.metadata) });
    } catch (error) {
      writer.fail(error);
    }
  };
}

/** A gRPC handler that ends a job and answers once its process is gone. */
export function serveStop(host: JobHost): handleUnaryCall<StopRequest, StopResponse> {
  return (call, callback) => {
    const { job } = call.request;
    if (job === undefined) {
      callback(toStatus(new JobError('invalid', 'expected a job header, got none')));
      return;
    }
    host.stop(job).then(
      (wasRunning) => callback(null, { wasRunning }),
      (error: unknown) => callback(toStatus(error)),
    );
  };
}
