import type { ServerWritableStream } from '@grpc/grpc-js';
import type { JobEvent } from './gen/ddad/v1/job.ts';
import { toStatus } from './job-error.ts';

/** Writes a job's events to one call. After the call was cancelled or ended every method does nothing. */
export interface JobWriter {
  /** Sends in order; what cannot be sent at once is kept: of progress the newest, signs of life where nothing else is. */
  send(event: JobEvent): void;
  /** Sends what is kept, then ends the call well. */
  end(): void;
  /** Sends what is kept, then ends the call with the error's status. */
  fail(error: unknown): void;
}

/**
 * A writer that honours the call's backpressure, so that a slow or stalled client costs a bounded amount of memory
 * however long its job runs.
 */
export function writeCoalesced<Request>(
  call: ServerWritableStream<Request, { event: JobEvent | undefined }>,
): JobWriter {
  const kept: JobEvent[] = [];
  let blocked = false;
  let over = call.cancelled;

  const flush = () => {
    while (!over && !blocked && kept.length > 0) blocked = !call.write({ event: kept.shift()! });
  };
  call.on('drain', () => {
    blocked = false;
    flush();
  });
  call.on('cancelled', () => {
    over = true;
    kept.length = 0;
  });

  /** Past backpressure: what is kept now is all that will ever come. */
  const last = () => {
    over = true;
    for (const event of kept.splice(0)) call.write({ event });
  };

  return {
    send(event) {
      if (over) return;
      const newest = kept.at(-1);
      // What waits to be sent is a sign of life itself.
      if (event.event?.$case === 'alive' && newest !== undefined) return;
      if (event.event?.$case === 'progress' && newest?.event?.$case === 'progress') kept.pop();
      kept.push(event);
      flush();
    },
    end() {
      if (over) return;
      last();
      call.end();
    },
    fail(error) {
      if (over) return;
      last();
      call.emit('error', toStatus(error));
    },
  };
}
