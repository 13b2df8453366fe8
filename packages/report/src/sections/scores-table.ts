import { type RunScores, scoreNames } from '@ddad/contract';
import { percent } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { scoreMeaning, scoreNaming } from '../score-names.ts';

/** AUC, AP and χ² of every score; beside them the same without copies, where the dataset has some. Null without labels. */
export function scoresTable({ result, test }: ReportData): Html | null {
  const { scores, withoutCopies: clean, histogramDistance } = result;
  if (scores === null) return null;
  const names = scoreNames.filter((name) => scores[name] !== undefined);
  const best = (
    pick: (scores: RunScores, name: (typeof names)[number]) => number | undefined,
    of: RunScores | null | undefined,
  ) => (of == null ? Number.NaN : Math.max(...names.map((name) => pick(of, name) ?? 0)));
  const [bestAuc, bestAp] = [best((s, n) => s[n]?.auc, scores), best((s, n) => s[n]?.ap, scores)];
  const [bestCleanAuc, bestCleanAp] = [
    best((s, n) => s[n]?.auc, clean?.scores),
    best((s, n) => s[n]?.ap, clean?.scores),
  ];
  const cell = (value: number | undefined, highest: number) =>
    value === undefined
      ? html`<td></td>`
      : html`<td class="number${value === highest ? ' best' : null}" style="--share: ${Math.round(value * 1000) / 10}%">${percent(value)}</td>`;
  return html`<section id="scores">
  <h2>Scores</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of scores">
  <table class="scores">
    <thead><tr><th scope="col">score</th><th scope="col">what it is</th><th scope="col" class="number">AUC %</th><th scope="col" class="number">AP %</th><th scope="col" class="number">χ²</th>
      ${clean !== undefined && html`<th scope="col" class="number">AUC %<br><small>without copies</small></th><th scope="col" class="number">AP %<br><small>without copies</small></th>`}</tr></thead>
    <tbody>${names.map((name) => {
      const { symbol, plain } = scoreNaming[name];
      const distance = histogramDistance?.[name];
      return html`
      <tr data-score="${name}"><th scope="row"><span class="key" style="background: var(--${name})"></span>${symbol} <code>${plain}</code></th><td class="meaning">${scoreMeaning(name, result)}</td>
        ${cell(scores[name]?.auc, bestAuc)}${cell(scores[name]?.ap, bestAp)}<td class="number">${distance === undefined ? '' : distance.toFixed(1)}</td>
        ${clean !== undefined && [cell(clean.scores?.[name]?.auc, bestCleanAuc), cell(clean.scores?.[name]?.ap, bestCleanAp)]}</tr>`;
    })}</tbody>
  </table>
  </div>
  <p class="caption">${result.dropout === undefined && html`<code>rec</code> over the NDM members: AUC ${percent(scores.rec.aucMean)} ± ${percent(scores.rec.aucStd)} (mean and standard deviation). `}χ² is the distance
    of the two histograms below, 0 to 100.</p>
  ${
    clean !== undefined &&
    test !== null &&
    html`<p class="note warning"><b>Copies.</b> ${test.copies.length - clean.images} of the ${test.copies.length} test images have an identical copy among the training images.
    The columns without copies leave them out (${clean.images} images).</p>`
  }
</section>`;
}
