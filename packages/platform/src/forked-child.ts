/**
 * The child's side of `forkChild`, which loads nothing else of the platform: a job's process is to start quickly.
 */

/**
 * Ties this process to the one that forked it: it ends when its parent does, and leaves signals to it.
 * @param onMessage hears what the parent says, from now on
 * @returns says something to the parent; resolves once that is on its way
 */
export function attachToParent<ToChild, FromChild extends object>(
  onMessage: (message: ToChild) => void,
): (message: FromChild) => Promise<void> {
  // Both may reach the whole process group (Ctrl-C, a service manager); the parent decides what becomes of the work.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const exitOrphaned = () => process.exit(1);
  process.on('disconnect', exitOrphaned);
  // A parent that died while this process loaded is not heard of any more.
  if (!process.connected) exitOrphaned();
  process.on('message', (message) => onMessage(message as ToChild));
  return (message) =>
    new Promise((resolve) => {
      if (process.send === undefined) throw new Error('expected to be started by a service, not by hand');
      process.send(message, undefined, {}, () => resolve());
    });
}
