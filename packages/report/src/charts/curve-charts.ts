import { precisionRecallCurve, rocCurve } from '@ddad/anomaly';
import { type ScoreName, scoreNames } from '@ddad/contract';
import { line, type Markish, ruleY } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { scoreNaming } from '../score-names.ts';
import { renderChart } from './render-chart.ts';

type Scores = Partial<Record<ScoreName, ArrayLike<number>>>;

const size = { width: 440, height: 490, marginLeft: 46, marginRight: 12, marginTop: 12, marginBottom: 40 };
const axis = { domain: [0, 1], ticks: 6, grid: true, labelArrow: 'none' } as const;

function curve<T>(
  name: ScoreName,
  points: T[],
  x: keyof T & string,
  y: keyof T & string,
  curve: 'linear' | 'step-before',
): Markish {
  const { dashes, plain } = scoreNaming[name];
  return line(points, {
    x,
    y,
    curve,
    stroke: `var(--${name})`,
    strokeWidth: name === 'rDual' ? 2.5 : 1.75,
    strokeLinejoin: 'round',
    ...(dashes === null ? {} : { strokeDasharray: dashes }),
    ariaLabel: () => plain,
  });
}

/** The ROC curve of every score. */
export function rocChart(scores: Scores, labels: readonly number[]): Html {
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
        ...present(scores).map((name) =>
          curve(name, rocCurve(scores[name]!, labels), 'falsePositiveRate', 'truePositiveRate', 'linear'),
        ),
      ],
    },
  );
}

/** The precision-recall curve of every score. */
export function precisionRecallChart(scores: Scores, labels: readonly number[]): Html {
  const abnormal = labels.filter((label) => label === 1).length / labels.length;
  return renderChart('Precision-recall curves; average precision is in the table of scores', {
    ...size,
    x: { ...axis, label: 'Recall', labelAnchor: 'center' },
    y: { ...axis, label: 'Precision', labelAnchor: 'center' },
    marks: [
      ruleY([abnormal], { strokeOpacity: 0.35, strokeDasharray: '4 4', ariaLabel: () => 'chance' }),
      ...present(scores).map((name) => {
        const points = precisionRecallCurve(scores[name]!, labels);
        // The first step counts back to recall 0.
        const from = { recall: 0, precision: points[0]!.precision };
        return curve(name, [from, ...points], 'recall', 'precision', 'step-before');
      }),
    ],
  });
}

/** The scores that there are, the main one drawn last and so on top. */
function present(scores: Scores): ScoreName[] {
  return scoreNames.filter((name) => scores[name] !== undefined);
}
