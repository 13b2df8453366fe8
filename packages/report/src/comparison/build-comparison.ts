import type { Difference } from '@ddad/anomaly';
import type { RunResult } from '@ddad/contract';
import { figure, percent, plural } from '../figures.ts';
import { type Html, html, jsonElement } from '../html.ts';
import { dataElements, noPageData } from '../page-data.ts';
import { pageShell } from '../page-shell.ts';
import { scoreLook } from '../score-looks.ts';
import type { Comparison, SideChange } from './compare-runs.ts';
import { differenceChart, rocPair, scatter } from './comparison-charts.ts';

/** Two runs side by side as one HTML page that needs nothing else. Names and pictures of images are not in it. */
export function buildComparison(comparison: Comparison): string {
  const { runs, sides, definitions } = comparison;
  const { symbol } = scoreLook(definitions, sides.score);
  return pageShell({
    title: `${runs[0].dataset}: two runs side by side — DDAD report`,
    sections: [
      { id: 'differences', title: 'Differences' },
      ...(comparison.pixels.length > 0 ? [{ id: 'pixels', title: 'Pixels' }] : []),
      { id: 'images', title: 'Images' },
    ],
    content: html`<header class="summary" id="summary">
  <p class="overline">Two runs side by side</p>
  <h1>${runs[0].dataset}</h1>
  ${settings(comparison)}
</header>
${differences(comparison)}
${pixels(comparison)}
<section id="images">
  <h2>Images</h2>
  <div class="pair">
    <figure class="card"><figcaption><span>${symbol}: ROC</span> <span class="keys"><span class="key" style="background: var(--first)"></span>first<span class="key" style="background: var(--second)"></span>second</span></figcaption>${rocPair(comparison)}</figure>
    <figure class="card"><figcaption><span>${symbol} of every image</span> <span class="keys"><span class="key" style="background: var(--normal)"></span>normal ○<span class="key" style="background: var(--abnormal)"></span>abnormal ×</span></figcaption>${scatter(comparison)}</figure>
  </div>
  ${changes(comparison, symbol)}
</section>`,
    footer: html`Made by DDAD from <code>${runs[0].files.report}</code> and <code>${runs[1].files.report}</code>, and from their scores.csv.`,
    after: html`${jsonElement(dataElements.result, runs)}
${jsonElement(dataElements.page, noPageData)}`,
  });
}

function settings({ runs, descriptions }: Comparison): Html {
  const of = (value: (run: RunResult) => string): [string, string] => [value(runs[0]), value(runs[1])];
  const common = String(shared(runs));
  const rows: [string, [string, string]][] = [
    ['run', of((run) => run.runId)],
    ['dataset', of((run) => run.dataset)],
    ['method', of((run) => run.method)],
    ['settings', descriptions],
    ['seed', of((run) => String(run.seed))],
    ['members', of((run) => String(run.members.length))],
    ['members in common', [common, common]],
  ];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Settings of both runs"><table>
    <thead><tr><td></td><th scope="col"><span class="key" style="background: var(--first)"></span>first</th><th scope="col"><span class="key" style="background: var(--second)"></span>second</th></tr></thead>
    <tbody>${rows.map(([name, [first, second]]) => html`<tr><th scope="row">${name}</th><td>${first}</td><td>${second}</td></tr>`)}</tbody></table></div>`;
}

function shared([first, second]: readonly [RunResult, RunResult]): number {
  const keys = new Set(first.members.map(({ key }) => key));
  return second.members.filter(({ key }) => keys.has(key)).length;
}

/** A difference in points: sign, one decimal. */
export function points(share: number): string {
  const value = (Math.abs(share) * 100).toFixed(1);
  return value === '0.0' ? '0.0' : `${share < 0 ? '−' : '+'}${value}`;
}

/** Whether an interval leaves out 0. */
export function isClear({ low, high }: Difference): boolean {
  return low > 0 || high < 0;
}

function differences(comparison: Comparison): Html {
  const { definitions, scores } = comparison;
  const cells = (
    pair: readonly [number, number],
    difference: Difference,
  ) => html`<td class="number">${percent(pair[0])}</td><td class="number">${percent(pair[1])}</td>
        <td class="number${isClear(difference) ? ' best' : null}">${points(difference.value)}</td><td class="number">${points(difference.low)} to ${points(difference.high)}</td>`;
  return html`<section id="differences">
  <h2>Differences</h2>
  <figure class="card narrow"><figcaption>Second run against first, AUC</figcaption>${differenceChart(comparison)}</figure>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of differences"><table class="scores">
    <thead><tr><th scope="col">score</th>${['AUC', 'AP'].map((metric) => html`<th scope="col" class="number">${metric} %<br><small>first</small></th><th scope="col" class="number">${metric} %<br><small>second</small></th><th scope="col" class="number">difference</th><th scope="col" class="number">95 % interval</th>`)}</tr></thead>
    <tbody>${scores.map(({ name, separations: [a, b], auc, ap }) => {
      const { symbol, colour } = scoreLook(definitions, name);
      return html`
      <tr data-score="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th>
        ${cells([a.auc, b.auc], auc)}${cells([a.ap, b.ap], ap)}</tr>`;
    })}</tbody></table></div>
  <p class="caption">Second minus first, in points; bold where the interval leaves out 0. Bootstrap over the ${comparison.labels.length.toLocaleString('en')} test images, paired by image, normal and abnormal ones drawn apart;
    percentile intervals. They say how far other test images might have moved the difference, not how far other seeds might.</p>
</section>`;
}

/** Maps of both against masks; nothing where there are none. */
function pixels({ pixels: found, definitions, runs }: Comparison): Html | null {
  const titles = [...new Set(found.flatMap(({ figures }) => figures.map(({ title }) => title)))];
  if (titles.length === 0) return null;
  const masked = runs.map(({ pixelTruth }) => pixelTruth?.images.masked ?? 0);
  return html`<section id="pixels">
  <h2>Pixels</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of maps against masks"><table class="scores">
    <thead><tr><th scope="col">maps of</th>${titles.map((title) => html`<th scope="col" class="number">${title} %<br><small>first</small></th><th scope="col" class="number">${title} %<br><small>second</small></th><th scope="col" class="number">difference</th>`)}</tr></thead>
    <tbody>${found.map(({ name, figures }) => {
      const { symbol, colour } = scoreLook(definitions, name);
      return html`
      <tr data-pixels="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th>
        ${titles.map((title) => {
          const values = figures.find((one) => one.title === title)?.values;
          return values === undefined
            ? html`<td class="number">–</td><td class="number">–</td><td class="number">–</td>`
            : html`<td class="number">${percent(values[0])}</td><td class="number">${percent(values[1])}</td><td class="number">${points(values[1] - values[0])}</td>`;
        })}</tr>`;
    })}</tbody></table></div>
  <p class="caption">Maps against the masks of ${plural(masked[0]!, 'test image')}${
    masked[0] !== masked[1] && html` in the first run, <b>of ${masked[1]!} in the second</b>`
  }; differences in points, without intervals: the reports hold figures of all pixels together.</p>
</section>`;
}

function changes({ sides }: Comparison, symbol: Html): Html {
  const { changed, thresholds } = sides;
  const better = changed.filter((change) => change.better);
  const worse = changed.filter((change) => !change.better);
  const table = (
    title: string,
    list: readonly SideChange[],
  ) => html`<div class="card"><h3>${title} <small>${list.length}</small></h3>
    <div class="list" tabindex="0" role="region" aria-label="${title}"><table><thead><tr><th scope="col">test image</th><th scope="col">label</th><th scope="col" class="number">first</th><th scope="col" class="number">second</th></tr></thead>
      <tbody>${list.map((change) => html`<tr><th scope="row">${change.number}</th><td>${change.label === 1 ? 'abnormal' : 'normal'}</td><td class="number">${figure(change.scores[0], 4)}</td><td class="number">${figure(change.scores[1], 4)}</td></tr>`)}</tbody></table></div></div>`;
  return html`<h3>Changed sides</h3>
  <p class="caption">${plural(changed.length, 'image')} that one run calls abnormal by ${symbol} and the other normal, each at the threshold where its sensitivity and specificity
    together are greatest (${figure(thresholds[0], 4)} and ${figure(thresholds[1], 4)}). Image n is on line n + 1 of the first run's scores.csv.</p>
  <div class="pair">${table('Right in the second run only', better)}${table('Right in the first run only', worse)}</div>`;
}
