import { Metadata, type StatusObject, status } from '@grpc/grpc-js';

/**
 * Every way a job ends other than well, beside the gRPC status that carries it (see job.proto). This is the only
 * place where the two are brought together.
 */
const statusOf = {
  /** The specification is at fault; a retry cannot help. */
  invalid: status.INVALID_ARGUMENT,
  /** No free slot. */
  busy: status.RESOURCE_EXHAUSTED,
  /** A loss, or what was made, is not finite; a retry with the same seed gives the same. */
  diverged: status.FAILED_PRECONDITION,
  /** A newer attempt took the job over. */
  superseded: status.ABORTED,
  /** Stopped on request. */
  stopped: status.CANCELLED,
  /** The server shuts down; the job can go on elsewhere. */
  leaving: status.UNAVAILABLE,
  /** The object store refuses what the job needs: credentials or rights are wrong. */
  denied: status.PERMISSION_DENIED,
  /** Anything else; the message says what. */
  failed: status.INTERNAL,
} as const;

export type JobErrorKind = keyof typeof statusOf;

export const jobErrorKinds = Object.keys(statusOf) as JobErrorKind[];

/**
 * Trailer under which our servers repeat the kind. gRPC itself makes CANCELLED, UNAVAILABLE, RESOURCE_EXHAUSTED and
 * INTERNAL too (a broken connection, a message too large); only a status with this trailer is the server's own word.
 */
const kindTrailer = 'ddad-kind';

/** The statuses with which gRPC reports a call it lost: the server may be gone, or may still work on the job. */
const lostCodes: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
]);

/** HTTP/2 headers are limited (64 KiB here) and every non-ASCII byte of a message takes three. */
const maxDetails = 4000;

/** Why a job, or a call to a server of ours, did not end well. */
export class JobError extends Error {
  override readonly name = 'JobError';
  readonly kind: JobErrorKind;
  /** True where gRPC ended the call, not the server's code: `kind` is then always `failed`. */
  readonly transport: boolean;
  /** True where the call was lost on the way (unreachable, broken off, out of time): the job may still be running. */
  readonly lost: boolean;
  /** True where it was lost after the server had taken the job: the job may be what ended the server. */
  readonly taken: boolean;

  constructor(
    kind: JobErrorKind,
    message: string,
    options: { cause?: unknown; transport?: boolean; lost?: boolean; taken?: boolean } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.transport = options.transport ?? false;
    this.lost = options.lost ?? false;
    this.taken = options.taken ?? false;
  }
}

/** What a handler gives to its callback, or emits as `error` on its call. */
export function toStatus(error: unknown): StatusObject {
  const kind = error instanceof JobError ? error.kind : 'failed';
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new Metadata();
  metadata.set(kindTrailer, kind);
  const details = message.length > maxDetails ? `${message.slice(0, maxDetails - 3)}...` : message;
  return { code: statusOf[kind], details, metadata };
}

/** What a client makes of an error that a call ended with; the original is kept as `cause`. */
export function toJobError(error: unknown): JobError {
  if (error instanceof JobError) return error;
  if (!isServiceError(error)) {
    return new JobError('failed', error instanceof Error ? error.message : String(error), { cause: error });
  }
  const kind = error.metadata?.get(kindTrailer)[0];
  if (isKind(kind)) return new JobError(kind, error.details, { cause: error });
  return new JobError('failed', `the call ended with ${error.message}`, {
    cause: error,
    transport: true,
    lost: lostCodes.has(error.code),
  });
}

function isKind(value: unknown): value is JobErrorKind {
  return typeof value === 'string' && Object.hasOwn(statusOf, value);
}

function isServiceError(
  error: unknown,
): error is Error & { code: number; details: string; metadata?: Metadata } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    typeof error.details === 'string'
  );
}
