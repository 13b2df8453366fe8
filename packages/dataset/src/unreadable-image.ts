/** Bytes that are no readable image; the message says what was expected and what came. */
export class UnreadableImage extends Error {
  override name = 'UnreadableImage';
}

/** Of errors that are none of a file: memory that is not there, and work that was stopped. */
const codesOfProcess = ['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'ABORT_ERR'];

/**
 * What is wrong with a file that could not be read. Readers of damaged files may fail in ways that nobody foresaw: one file must
 * not keep the faults of all others from being told.
 * @returns without that error's own message, which may hold what a header says
 * @throws the error itself where it is none of the file
 */
export function faultOfFile(error: unknown): string {
  if (error instanceof UnreadableImage) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (!(error instanceof Error) || error.name === 'AbortError' || codesOfProcess.includes(code ?? ''))
    throw error;
  // V8's words for an ArrayBuffer, or WebAssembly's memory, that it has no room for.
  if (error instanceof RangeError && /allocat/i.test(error.message)) throw error;
  return `expected a whole image, reading it failed: ${error.name}${code === null ? '' : ` (${code})`}`;
}
