/**
 * What a process that a test starts gets of the test's environment: no more than it needs to start, and what spares it work (where
 * Node keeps compiled code, and the bundle of workflows that `bundle-workflows.ts` made).
 */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'WORKFLOWS'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}
