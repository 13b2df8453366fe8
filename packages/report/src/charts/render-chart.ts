import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from '../html.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/**
 * Draws a chart as SVG text. The element carries where its axes lie (`data-x`, `data-y`: pixels of 0 and of 1, where an
 * axis has a linear scale), so that the page can put marks on it; its lines and areas are named (`data-mark`).
 * @param label what the chart shows, for those who cannot see it
 */
export function renderChart(label: string, options: PlotOptions): Html {
  const chart = plot({ ...options, document, className: 'chart' });
  // The style sheet of the library is the page's, once.
  for (const style of chart.querySelectorAll('style')) style.remove();
  // An image has one name; what its parts are called is for the page's script.
  for (const part of chart.querySelectorAll('[aria-label], [aria-hidden]')) {
    const name = part.getAttribute('aria-label');
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-hidden');
    if (name !== null && part.localName === 'path') part.setAttribute('data-mark', name);
  }
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', label);
  for (const axis of ['x', 'y'] as const) {
    const scale = chart.scale(axis);
    if (scale?.type !== 'linear') continue;
    chart.setAttribute(`data-${axis}`, `${scale.apply(0)} ${scale.apply(1)}`);
  }
  return new Html(shortened(chart.outerHTML));
}

const geometry = / (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g;

/** Hundredths of a pixel are enough; full precision would make up most of the page. */
function shortened(svg: string): string {
  const toHundredths = (number: string) => String(Number(Number(number).toFixed(2)));
  return svg.replace(geometry, (attribute) => attribute.replace(/\d+\.\d{3,}/g, toHundredths));
}
