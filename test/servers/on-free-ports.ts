const tries = 3;

/**
 * Starts something on ports that were free a moment ago, and again on others where somebody else has taken one meanwhile: files of
 * tests run beside each other, and every connection that is made takes a port, too.
 * @param start has let go of everything where it fails
 */
export async function onFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await start();
    } catch (error) {
      if (failed === tries || !/address already in use|EADDRINUSE/.test(String(error))) throw error;
    }
  }
}
