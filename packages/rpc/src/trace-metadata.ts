import { type TraceParent, traceParentOf } from '@ddad/tracing';
import { Metadata } from '@grpc/grpc-js';

/** W3C's header, in which a call says which span it belongs to. */
const header = 'traceparent';

/** Metadata of a call that belongs to a span; empty where there is none. */
export function traceMetadata(parent: TraceParent | undefined): Metadata {
  const metadata = new Metadata();
  if (parent !== undefined) metadata.set(header, parent);
  return metadata;
}

/** The span that a call belongs to, as its caller says; what is no `traceparent` is left out. */
export function traceOf(metadata: Metadata): TraceParent | undefined {
  return traceParentOf(metadata.get(header)[0]);
}
