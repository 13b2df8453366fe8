import type { ScoreHistogram } from '@ddad/anomaly';
import { areaY, line, ruleY } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { renderChart } from './render-chart.ts';

/** Both classes' score densities, as in the paper's Fig. 8. */
export function histogramChart(name: string, { normal, abnormal }: ScoreHistogram): Html {
  const steps = (densities: number[]) => [
    ...densities.map((density, bin) => ({ score: bin / densities.length, density })),
    { score: 1, density: densities.at(-1) ?? 0 },
  ];
  const marks = ([densities, colour, label]: readonly [number[], string, string]) => [
    areaY(steps(densities), {
      x: 'score',
      y: 'density',
      curve: 'step-after',
      fill: colour,
      fillOpacity: 0.3,
      ariaLabel: () => label,
    }),
    line(steps(densities), {
      x: 'score',
      y: 'density',
      curve: 'step-after',
      stroke: colour,
      strokeWidth: 1.25,
      ariaLabel: () => label,
    }),
  ];
  return renderChart(
    `Histogram of ${name}: densities of normal and abnormal test images over the normalised score`,
    {
      width: 380,
      height: 190,
      marginLeft: 34,
      marginRight: 8,
      marginTop: 18,
      marginBottom: 34,
      x: { domain: [0, 1], ticks: 6, label: 'Score, normalised', labelAnchor: 'center', labelArrow: 'none' },
      y: { ticks: 4, label: 'Density', labelArrow: 'none', grid: true },
      marks: [
        ...(
          [
            [normal, 'var(--normal)', 'normal'],
            [abnormal, 'var(--abnormal)', 'abnormal'],
          ] as const
        ).flatMap((parts) => marks(parts)),
        ruleY([0]),
      ],
    },
  );
}
