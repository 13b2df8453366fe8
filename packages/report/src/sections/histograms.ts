import { scoreHistogram } from '@ddad/anomaly';
import { scoreNames } from '@ddad/contract';
import { histogramChart } from '../charts/histogram-chart.ts';
import { figure } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { scoreNaming } from '../score-names.ts';

/** Normal against abnormal test images by score, with the χ² distance: the paper's Fig. 8. Null without labels. */
export function histograms({ result, test }: ReportData): Html | null {
  if (result.scores === null || test === null || test.labels === null) return null;
  const { labels, scores } = test;
  return html`<section id="histograms">
  <h2>Histograms</h2>
  <p class="key-line"><span class="key" style="background: var(--normal)"></span>normal <span class="key" style="background: var(--abnormal)"></span>abnormal
    <span class="caption">100 bins; scores min-max normalised over both classes; densities; χ² = ½ Σ (a−b)² ⁄ (a+b)</span></p>
  <div class="histograms">${scoreNames
    .filter((name) => scores[name] !== undefined)
    .map((name) => {
      const histogram = scoreHistogram(scores[name]!, labels);
      const { symbol, plain } = scoreNaming[name];
      const distance = result.histogramDistance?.[name] ?? histogram.distance;
      const [min, max] = histogram.range;
      return html`
    <figure class="card" data-histogram="${name}" data-min="${min}" data-max="${max}"><figcaption><b>${symbol}</b><span class="chi">χ² = ${distance.toFixed(1)}</span><small>${figure(min)} to ${figure(max)}</small></figcaption>${histogramChart(plain, histogram)}</figure>`;
    })}
  </div>
</section>`;
}
