import { ChildFault } from './child-fault.ts';

const most = 3;

/**
 * A loss tells of the weights before its update: of what the last step made of them, nothing does.
 * @throws ChildFault `diverged` that names the tensors with values that are not finite
 */
export function assertFiniteState(tensors: ReadonlyMap<string, { data: Float32Array }>, steps: number): void {
  const wrong = [...tensors].flatMap(([name, { data }]) => {
    const count = data.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
    return count === 0 ? [] : [`${name} (${count} of ${data.length} values)`];
  });
  if (wrong.length === 0) return;
  const others = wrong.length > most ? ` and ${wrong.length - most} more` : '';
  throw new ChildFault(
    'diverged',
    `after the last step, ${steps}, not all values are finite: ${wrong.slice(0, most).join(', ')}${others}`,
  );
}
