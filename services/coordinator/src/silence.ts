/** Looks in a limit's time. */
const looks = 12;

/**
 * Calls back once nothing was heard for `limitMs`. Where this process itself stood still (SIGSTOP, a laptop asleep), what
 * others said may wait to be read: that time is not their silence, so that it counts looks, each for little more than
 * the time between two.
 */
export function watchSilence(limitMs: number, onSilence: () => void): { heard(): void; end(): void } {
  const lookMs = limitMs / looks;
  let silentMs = 0;
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    silentMs += Math.min(now - lookedAt, 2 * lookMs);
    lookedAt = now;
    if (silentMs < limitMs) return;
    clearInterval(timer);
    onSilence();
  }, lookMs);
  return {
    heard() {
      silentMs = 0;
    },
    end() {
      clearInterval(timer);
    },
  };
}
