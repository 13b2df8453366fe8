import { Context } from '@temporalio/activity';

/** Waits for work that can be left behind, as reading is: a cancelled activity does not wait for a store that is away. */
export function unlessCancelled<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, Context.current().cancelled]);
}
