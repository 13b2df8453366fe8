import { areaY, line, ruleY } from '@observablehq/plot';
import { renderChart } from '../charts/render-chart.ts';
import type { Html } from '../html.ts';

/** Grey levels that one bin holds: 64 bins show a shape, 256 noise. */
const binLevels = 4;

/**
 * Histogram of grey levels.
 * @param levels share of the pixels by grey level, 256 of them
 * @param highest share of a bin at the top of the axis, the same for all charts of a page
 */
export function levelsChart(name: string, levels: Float64Array, highest: number): Html {
  const bins = binShares(levels);
  const steps = [
    ...bins.map((share, bin) => ({ level: bin * binLevels, share: 100 * Math.min(share, highest) })),
    { level: 256, share: 100 * Math.min(bins.at(-1)!, highest) },
  ];
  const options = { x: 'level', y: 'share', curve: 'step-after' } as const;
  return renderChart(`Grey levels of ${name}: share of pixels in percent over grey level`, {
    width: 380,
    height: 170,
    marginLeft: 38,
    marginRight: 10,
    marginTop: 18,
    marginBottom: 34,
    x: { domain: [0, 256], ticks: 5, label: 'Grey level', labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: [0, 100 * highest], ticks: 4, label: 'Pixels, %', labelArrow: 'none', grid: true },
    marks: [
      areaY(steps, { ...options, fill: 'var(--accent)', fillOpacity: 0.3 }),
      line(steps, { ...options, stroke: 'var(--accent)', strokeWidth: 1.25 }),
      ruleY([0]),
    ],
  });
}

/** Shares of the pixels by bin. */
export function binShares(levels: Float64Array): number[] {
  return Array.from({ length: levels.length / binLevels }, (_, bin) =>
    levels.subarray(bin * binLevels, (bin + 1) * binLevels).reduce((sum, share) => sum + share, 0),
  );
}
