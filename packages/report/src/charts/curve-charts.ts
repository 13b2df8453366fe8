import { precisionRecallCurve, rocCurve } from '@ddad/anomaly';
import { line, type Markish, ruleY } from '@observablehq/plot';
import type { Html } from '../html.ts';
import type { ScoreLook } from '../score-looks.ts';
import { renderChart } from './render-chart.ts';
import { insideOf, visiblePoints } from './visible-points.ts';

/** A score whose curves are drawn; those that come later lie above the others. */
export interface DrawnScore {
  look: Pick<ScoreLook, 'name' | 'colour' | 'dashes'>;
  /** Of the test images. */
  scores: ArrayLike<number>;
  /** Of its lines, in pixels. */
  width: number;
  /** True where the page's script shows it only when it is asked for. */
  hidden: boolean;
}

const size = { width: 440, height: 490, marginLeft: 46, marginRight: 12, marginTop: 12, marginBottom: 40 };
const axis = { domain: [0, 1], ticks: 6, grid: true, labelArrow: 'none' } as const;

function curve<X extends string, Y extends string>(
  { look: { name, colour, dashes }, width, hidden }: DrawnScore,
  points: Record<X | Y, number>[],
  x: X,
  y: Y,
  curve: 'linear' | 'step-before',
): Markish {
  return line(visiblePoints(points, { x, y, ...insideOf(size) }), {
    x,
    y,
    curve,
    stroke: colour,
    strokeWidth: width,
    strokeLinejoin: 'round',
    ...(dashes === null ? {} : { strokeDasharray: dashes }),
    ...(hidden ? { className: 'unshown' } : {}),
    ariaLabel: () => name,
  });
}

/** The ROC curve of every score. */
export function rocChart(scores: readonly DrawnScore[], labels: readonly number[]): Html {
  const diagonal = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ];
  return renderChart(
    'ROC curves: true positive rate over false positive rate; the areas are in the table of scores',
    {
      ...size,
      x: { ...axis, label: 'False positive rate', labelAnchor: 'center' },
      y: { ...axis, label: 'True positive rate', labelAnchor: 'center' },
      marks: [
        line(diagonal, {
          x: 'x',
          y: 'y',
          strokeOpacity: 0.35,
          strokeDasharray: '4 4',
          ariaLabel: () => 'chance',
        }),
        ...scores.map((drawn) =>
          curve(drawn, rocCurve(drawn.scores, labels), 'falsePositiveRate', 'truePositiveRate', 'linear'),
        ),
      ],
    },
  );
}

/** The precision-recall curve of every score. */
export function precisionRecallChart(scores: readonly DrawnScore[], labels: readonly number[]): Html {
  const abnormal = labels.filter((label) => label === 1).length / labels.length;
  return renderChart('Precision-recall curves; average precision is in the table of scores', {
    ...size,
    x: { ...axis, label: 'Recall', labelAnchor: 'center' },
    y: { ...axis, label: 'Precision', labelAnchor: 'center' },
    marks: [
      ruleY([abnormal], { strokeOpacity: 0.35, strokeDasharray: '4 4', ariaLabel: () => 'chance' }),
      ...scores.map((drawn) => {
        const points = precisionRecallCurve(drawn.scores, labels);
        // The first step counts back to recall 0.
        const from = points.slice(0, 1).map(({ precision }) => ({ recall: 0, precision }));
        return curve(drawn, [...from, ...points], 'recall', 'precision', 'step-before');
      }),
    ],
  });
}
