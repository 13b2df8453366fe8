import type { Spread } from '@ddad/contract';
import { kCurveChart } from '../charts/k-curve-chart.ts';
import { percent } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { byReduction, presentScores, reductionTitles, type ScoreLook } from '../score-looks.ts';

/** What smaller ensembles would have given: the paper's Table 5 out of one run. Null where there is no curve. */
export function kCurve({ result, definitions }: ReportData): Html | null {
  const points = result.kCurve;
  if (points === undefined || points.length === 0) return null;
  const shown = presentScores(definitions, Object.assign({}, ...points.map(({ scores }) => scores)));
  const figure = ({ mean, std }: Spread) => html`${percent(mean)} <small>± ${percent(std)}</small>`;
  const most = Math.max(...points.map(({ subsets }) => subsets));
  const charts = (shown: readonly ScoreLook[]) => html`
  <p class="key-line">${shown.map(({ symbol, colour }) => html`<span class="key" style="background: ${colour}"></span>${symbol} `)}
    <span class="caption">means over subsets of the run's members, bands of ± one standard deviation</span></p>
  <div class="pair">
    <figure class="card"><figcaption>AUC</figcaption>${kCurveChart('auc', points, shown)}</figure>
    <figure class="card"><figcaption>Average precision</figcaption>${kCurveChart('ap', points, shown)}</figure>
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of ensemble sizes">
  <table class="scores">
    <thead><tr><th scope="col" class="number">k</th><th scope="col" class="number">subsets</th>${shown.map(
      ({ symbol }) =>
        html`<th scope="col" class="number">${symbol}<br><small>AUC %</small></th><th scope="col" class="number">${symbol}<br><small>AP %</small></th>`,
    )}</tr></thead>
    <tbody>${points.map(
      ({ k, subsets, scores }) => html`
      <tr data-k="${k}"><th scope="row" class="number">${k}</th><td class="number">${subsets}</td>${shown.map(
        ({ name }) => {
          const found = scores[name];
          return found === undefined
            ? html`<td></td><td></td>`
            : html`<td class="number">${figure(found.auc)}</td><td class="number">${figure(found.ap)}</td>`;
        },
      )}</tr>`,
    )}</tbody>
  </table>
  </div>`;
  const [first, ...others] = byReduction(definitions, shown);
  if (first === undefined) return null;
  return html`<section id="k-curve">
  <h2>Ensemble size</h2>
  ${charts(first.looks)}
  ${others.map(({ reduction, looks }) => html`<details><summary>${reductionTitles[reduction]}</summary>${charts(looks)}</details>`)}
  <p class="caption">Scores of k members per role, the same of every role, out of the run's own: nothing was trained for it.
    ${most === 100 ? 'Of sizes with more subsets, a hundred drawn ones.' : 'All subsets.'} Subsets of one run share members: the deviation is smaller than that between runs, the more so the closer k is to K.</p>
</section>`;
}
