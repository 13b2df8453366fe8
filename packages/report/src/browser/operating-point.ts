import { figure } from '../figures.ts';
import {
  firstAbove,
  mostTelling,
  type OperatingPoint,
  operatingPoints,
  withNothingCalled,
} from '../operating-points.ts';
import { all, byId, type ReadData } from './elements.ts';
import type { ShownThreshold } from './image-table.ts';

const percent = (share: number) => (Number.isNaN(share) ? '–' : `${(share * 100).toFixed(1)} %`);

/**
 * The form that moves a threshold along a score, and its marks on the curves and on the score's histogram.
 * @param moved is told of every threshold that is shown
 */
export function operatingPointForm(data: ReadData, moved: (threshold: ShownThreshold) => void): void {
  const { labels } = data;
  if (labels === null || document.getElementById('operating-point') === null) return;
  const form = byId('operating-point', HTMLFormElement);
  const select = form.elements.namedItem('score') as HTMLSelectElement;
  const slider = form.elements.namedItem('place') as HTMLInputElement;
  const shown = form.elements.namedItem('threshold') as HTMLOutputElement;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  const [roc, precisionRecall] = all('.curves svg.chart', SVGSVGElement);
  const marks = { roc: addDot(roc!), precisionRecall: addDot(precisionRecall!) };
  const rules = new Map(
    all('[data-histogram]', HTMLElement).map((panel) => [
      panel.dataset.histogram!,
      { panel, rule: addRule(panel) },
    ]),
  );
  let points: OperatingPoint[] = [];

  const choose = () => {
    points = withNothingCalled(operatingPoints(Array.from(data.scores[select.value] ?? []), labels));
    slider.max = String(points.length - 1);
    const threshold = data.thresholds[select.value];
    slider.value = String(threshold === undefined ? mostTelling(points) : firstAbove(points, threshold));
    for (const { rule } of rules.values()) rule.setAttribute('visibility', 'hidden');
    move();
  };
  const move = () => {
    const point = points[Number(slider.value)]!;
    const { threshold, truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = point;
    const rates = { sensitivity: tp / (tp + fn), specificity: tn / (tn + fp), precision: tp / (tp + fp) };
    const told = toldThreshold(points, threshold, data.thresholds[select.value]);
    shown.value = told.text;
    moved({ score: select.value, value: threshold, shown: told.value });
    slider.setAttribute(
      'aria-valuetext',
      `${told.text}: sensitivity ${percent(rates.sensitivity)}, specificity ${percent(rates.specificity)}`,
    );
    for (const cell of all('[data-count]', HTMLElement, form)) {
      cell.textContent = String(point[cell.dataset.count as keyof OperatingPoint]);
    }
    for (const cell of all('[data-rate]', HTMLElement, form)) {
      cell.textContent = percent(rates[cell.dataset.rate as keyof typeof rates]);
    }
    const colour = select.selectedOptions[0]?.dataset.colour ?? '';
    place(marks.roc, roc!, 1 - rates.specificity, rates.sensitivity, colour);
    place(marks.precisionRecall, precisionRecall!, rates.sensitivity, rates.precision, colour);
    const found = rules.get(select.value);
    if (found === undefined) return;
    const [min, max] = [Number(found.panel.dataset.min), Number(found.panel.dataset.max)];
    // One that lies above all scores is at the chart's end.
    const share = max > min ? Math.min(1, (told.value - min) / (max - min)) : 0;
    const x = along(found.rule.ownerSVGElement!, 'x', share);
    found.rule.setAttribute('x1', String(x));
    found.rule.setAttribute('x2', String(x));
    found.rule.setAttribute('visibility', 'visible');
  };
  select.addEventListener('change', choose);
  slider.addEventListener('input', move);
  choose();
}

/** What is told of a threshold: of one that no image reaches, that of held-out images where it is such a one, or the highest score. */
function toldThreshold(
  points: readonly OperatingPoint[],
  threshold: number,
  heldOut: number | undefined,
): { value: number; text: string } {
  if (Number.isFinite(threshold)) return { value: threshold, text: figure(threshold, 4) };
  const highest = points.at(-2)?.threshold ?? 0;
  return heldOut !== undefined && heldOut >= highest
    ? { value: heldOut, text: figure(heldOut, 4) }
    : { value: highest, text: `> ${figure(highest, 4)}` };
}

/** Pixel of a value on an axis, by where the chart says that 0 and 1 lie. */
function along(chart: SVGSVGElement, axis: 'x' | 'y', value: number): number {
  const [zero, one] = chart.dataset[axis]!.split(' ').map(Number);
  return zero! + (one! - zero!) * value;
}

function add<K extends 'circle' | 'line'>(
  chart: SVGSVGElement,
  name: K,
  className: string,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  element.setAttribute('class', className);
  chart.append(element);
  return element;
}

function addDot(chart: SVGSVGElement): SVGCircleElement {
  const dot = add(chart, 'circle', 'operating-mark');
  dot.setAttribute('r', '6');
  return dot;
}

function addRule(panel: HTMLElement): SVGLineElement {
  const [chart] = all('svg.chart', SVGSVGElement, panel);
  const rule = add(chart!, 'line', 'operating-mark');
  const { height } = chart!.viewBox.baseVal;
  rule.setAttribute('y1', '14');
  rule.setAttribute('y2', String(height - 34));
  rule.setAttribute('visibility', 'hidden');
  return rule;
}

function place(mark: SVGCircleElement, chart: SVGSVGElement, x: number, y: number, colour: string): void {
  // Of no image that is called abnormal there is no precision.
  const nowhere = Number.isNaN(x) || Number.isNaN(y);
  mark.setAttribute('visibility', nowhere ? 'hidden' : 'visible');
  if (nowhere) return;
  mark.setAttribute('cx', String(along(chart, 'x', x)));
  mark.setAttribute('cy', String(along(chart, 'y', y)));
  mark.style.fill = colour;
}
