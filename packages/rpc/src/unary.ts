import {
  type CallOptions,
  type Client,
  type ClientUnaryCall,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { toJobError } from './job-error.ts';

/** A unary method of a generated client, in its longest form. */
export type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * Calls a unary method as a promise: `await unary(client, client.stop, { job }, { limitMs: 5000 })`.
 * @param options.limitMs deadline of the whole call, connecting included.
 * @param options.signal ends the call early; the promise then rejects with the signal's reason.
 * @throws JobError; `lost` where nobody answered in time.
 */
export function unary<Request, Response>(
  client: Client,
  method: UnaryMethod<Request, Response>,
  request: Request,
  options: { limitMs: number; signal?: AbortSignal },
): Promise<Response> {
  const { limitMs, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => call.cancel();
    const deadline = Date.now() + limitMs;
    const call = method.call(client, request, new Metadata(), { deadline }, (error, response) => {
      signal?.removeEventListener('abort', abort);
      if (!error) {
        resolve(response);
        return;
      }
      const failure = toJobError(error);
      reject(signal?.aborted && failure.transport ? signal.reason : failure);
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
