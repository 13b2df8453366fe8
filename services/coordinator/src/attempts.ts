/**
 * Numbers for attempts: milliseconds since 1970, strictly increasing within a process, so that an attempt of a restarted
 * coordinator is newer than those of the one before it.
 */
export function attemptNumbers(now: () => number = Date.now): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, now());
    return last;
  };
}
