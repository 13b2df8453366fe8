/**
 * W3C's `traceparent`, version 00: ids of a trace and of one of its spans, and whether it is kept.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export type TraceParent = string;

const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What came from elsewhere as a trace parent; undefined where it is none. */
export function traceParentOf(value: unknown): TraceParent | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}
