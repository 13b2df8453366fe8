import { scoreHistogram } from '@ddad/anomaly';
import { histogramChart } from '../charts/histogram-chart.ts';
import { figure } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { byReduction, presentScores, reductionTitles, type ScoreLook } from '../score-looks.ts';

/** Normal against abnormal test images by score, with the χ² distance: the paper's Fig. 8. Null without labels. */
export function histograms({ result, definitions, test }: ReportData): Html | null {
  if (result.scores === null || test === null || test.labels === null) return null;
  const { labels, scores } = test;
  const charts = (looks: readonly ScoreLook[]) => html`
  <div class="histograms">${looks.map(({ name, symbol }) => {
    const histogram = scoreHistogram(scores[name] ?? [], labels);
    const distance = result.histogramDistance?.[name] ?? histogram.distance;
    const [min, max] = histogram.range;
    return html`
    <figure class="card" data-histogram="${name}" data-min="${min}" data-max="${max}"><figcaption><b>${symbol}</b><span class="chi">χ² = ${distance.toFixed(1)}</span><small>${figure(min)} to ${figure(max)}</small></figcaption>${histogramChart(name, histogram)}</figure>`;
  })}
  </div>`;
  const [first, ...others] = byReduction(definitions, presentScores(definitions, scores));
  if (first === undefined) return null;
  return html`<section id="histograms">
  <h2>Histograms</h2>
  <p class="key-line"><span class="key" style="background: var(--normal)"></span>normal <span class="key" style="background: var(--abnormal)"></span>abnormal
    <span class="caption">100 bins; scores min-max normalised over both classes; densities; χ² = ½ Σ (a−b)² ⁄ (a+b)</span></p>
  ${charts(first.looks)}
  ${others.map(({ reduction, looks }) => html`<details><summary>${reductionTitles[reduction]}</summary>${charts(looks)}</details>`)}
</section>`;
}
