import { kCurveScores, type Spread } from '@ddad/contract';
import { kCurveChart } from '../charts/k-curve-chart.ts';
import { percent } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { scoreNaming } from '../score-names.ts';

/** What smaller ensembles would have given: the paper's Table 5 out of one run. Null where there is no curve. */
export function kCurve({ result }: ReportData): Html | null {
  const points = result.kCurve;
  if (points === undefined || points.length === 0) return null;
  const names = kCurveScores.filter((name) => points.some(({ scores }) => scores[name] !== undefined));
  const figure = ({ mean, std }: Spread) => html`${percent(mean)} <small>± ${percent(std)}</small>`;
  const most = Math.max(...points.map(({ subsets }) => subsets));
  return html`<section id="k-curve">
  <h2>Ensemble size</h2>
  <p class="key-line">${names.map((name) => html`<span class="key" style="background: var(--${name})"></span>${scoreNaming[name].symbol} `)}
    <span class="caption">means over subsets of the run's members, bands of ± one standard deviation</span></p>
  <div class="pair">
    <figure class="card"><figcaption>AUC</figcaption>${kCurveChart('auc', points)}</figure>
    <figure class="card"><figcaption>Average precision</figcaption>${kCurveChart('ap', points)}</figure>
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of ensemble sizes">
  <table class="scores">
    <thead><tr><th scope="col" class="number">k</th><th scope="col" class="number">subsets</th>${names.map(
      (name) =>
        html`<th scope="col" class="number">${scoreNaming[name].symbol}<br><small>AUC %</small></th><th scope="col" class="number">${scoreNaming[name].symbol}<br><small>AP %</small></th>`,
    )}</tr></thead>
    <tbody>${points.map(
      ({ k, subsets, scores }) => html`
      <tr data-k="${k}"><th scope="row" class="number">${k}</th><td class="number">${subsets}</td>${names.map(
        (name) => {
          const found = scores[name];
          return found === undefined
            ? html`<td></td><td></td>`
            : html`<td class="number">${figure(found.auc)}</td><td class="number">${figure(found.ap)}</td>`;
        },
      )}</tr>`,
    )}</tbody>
  </table>
  </div>
  <p class="caption">Scores of k members per role, the same of both roles, out of the run's own: nothing was trained for it.
    ${most === 100 ? 'Of sizes with more subsets, a hundred drawn ones.' : 'All subsets.'} Subsets of one run share members: the deviation is smaller than that between runs, the more so the closer k is to K.</p>
</section>`;
}
