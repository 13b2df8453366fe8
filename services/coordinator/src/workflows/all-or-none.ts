import { CancellationScope } from '@temporalio/workflow';

/**
 * Runs all tasks at once. When one fails, the others are cancelled, and the first failure is thrown once every task has
 * ended, so that a failed run leaves nobody working for it.
 */
export async function allOrNone<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    let first: { error: unknown } | null = null;
    const settled = await Promise.allSettled(
      tasks.map(async (task) => {
        try {
          return await task();
        } catch (error) {
          if (first === null) {
            first = { error };
            scope.cancel();
          }
          throw error;
        }
      }),
    );
    if (first !== null) throw (first as { error: unknown }).error;
    return settled.map((result) => (result as PromiseFulfilledResult<T>).value);
  });
}
