import type { LossPoint } from '@ddad/runs';

const heights = '▁▂▃▄▅▆▇█';

/**
 * A loss curve as one line of at most `width` characters, its highest loss `█`, its lowest `▁`; logarithmic where all
 * losses are above 0, as those of a log-likelihood need not be. With fewer losses than columns, one column each; empty without any.
 */
export function sparkline(points: readonly LossPoint[], width: number): string {
  const finite = points.filter(([, loss]) => Number.isFinite(loss));
  if (finite.length === 0 || width <= 0) return '';
  const columns = Math.min(width, finite.length);
  const positive = finite.every(([, loss]) => loss > 0);
  const values = Array.from({ length: columns }, (_, column) => {
    // The first column shows the beginning, the last one the end.
    const at = columns === 1 ? finite.length - 1 : Math.round((column * (finite.length - 1)) / (columns - 1));
    const loss = finite[at]![1];
    return positive ? Math.log(loss) : loss;
  });
  const lowest = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const range = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) - lowest;
  const height = (value: number) =>
    range === 0 ? 0 : Math.round(((value - lowest) / range) * (heights.length - 1));
  return values.map((value) => heights[height(value)]).join('');
}
