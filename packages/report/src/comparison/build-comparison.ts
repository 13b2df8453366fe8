import type { Difference } from '@ddad/anomaly';
import { colourFilters } from '../colour-scales.ts';
import { figure, percent, plural } from '../figures.ts';
import { type Html, html, jsonElement } from '../html.ts';
import { dataElements, noPageData } from '../page-data.ts';
import { pageShell } from '../page-shell.ts';
import { runLine } from '../palette.ts';
import { scoreLook } from '../score-looks.ts';
import { type ComparedPictures, changedPictures } from './changed-pictures.ts';
import { type Comparison, type SideChange, sidesChanged } from './compare-runs.ts';
import type { InputField } from './compared-inputs.ts';
import { differenceChart, rocCurves, scatter, scatterStep } from './comparison-charts.ts';

/** Images that a table of changes lists at most; scores.csv has them all. */
const mostListed = 500;
/** Longer tables are for the screen alone. */
const mostPrinted = 40;

/**
 * Runs side by side as one HTML page that needs nothing else. Names of images are not in it.
 * @param pictures of the images, for those that changed sides; null leaves them out
 */
export async function buildComparison(
  comparison: Comparison,
  pictures: ComparedPictures | null = null,
): Promise<string> {
  const { runs, sides, definitions } = comparison;
  const ranked = sides.score === null ? html`main scores` : scoreLook(definitions, sides.score).symbol;
  const datasets = [...new Set(runs.map(({ result }) => result.dataset))].join(', ');
  const heading = `${countWord(runs.length)} runs side by side`;
  const charts = [
    html`<figure class="card"><figcaption><span class="ranked">${ranked}: ROC</span> ${keys(comparison)}</figcaption>${rocCurves(comparison)}</figure>`,
    ...runs
      .slice(1)
      .map(
        ({ letter }, place) =>
          html`<figure class="card"><figcaption><span class="ranked">${ranked} of images: A, ${letter}</span> <span class="keys"><span class="together"><span class="key" style="background: var(--normal)"></span>normal ○</span> <span class="together"><span class="key" style="background: var(--abnormal)"></span>abnormal ×</span></span></figcaption>${scatter(comparison, place + 1)}</figure>`,
      ),
  ];
  return pageShell({
    title: `${datasets}: ${heading} — DDAD report`,
    sections: [
      { id: 'differences', title: 'Differences' },
      ...(comparison.pixels.length > 0 ? [{ id: 'pixels', title: 'Pixels' }] : []),
      { id: 'changes', title: 'Images' },
      { id: 'inputs', title: 'Inputs' },
    ],
    content: html`<header class="summary" id="summary">
  <p class="overline">${heading}</p>
  <h1>${datasets}</h1>
  ${runTable(comparison, ranked)}
</header>
${differences(comparison)}
${pixels(comparison)}
<section id="changes">
  <h2>Images</h2>
  <div class="${runs.length === 2 ? 'pair' : 'histograms'}">${charts}</div>
  ${scatterStep(comparison) > 1 && html`<p class="caption">Of the images that changed no side, one in ${scatterStep(comparison)} is drawn.</p>`}
  ${await changes(comparison, pictures)}
</section>
${inputs(comparison)}`,
    footer: html`Made by DDAD from ${runs.map(({ result }, place) => html`${place > 0 && ', '}<code>${result.files.report}</code>`)}, and from their scores.csv.`,
    after: html`${colourFilters()}
${jsonElement(
  dataElements.result,
  runs.map(({ result }) => result),
)}
${jsonElement(dataElements.page, noPageData)}`,
  });
}

function countWord(count: number): string {
  return ['Two', 'Three', 'Four', 'Five', 'Six'][count - 2] ?? String(count);
}

function key(place: number): Html {
  return html`<span class="key" style="background: ${runLine(place).colour}"></span>`;
}

function keys({ runs }: Comparison): Html {
  return html`<span class="keys">${runs.map(({ letter }, place) => html`<span class="together">${key(place)}${letter}</span> `)}</span>`;
}

/** What a run calls its score, in a line of its own: beside figures in whose row each run has another. */
function ownName(name: string | null | undefined): Html | null {
  return name == null ? null : html`<small class="own"><code>${name}</code></small>`;
}

/** What was run, a line each. */
function runTable({ runs, sides }: Comparison, ranked: Html): Html {
  const inFirst = new Set(runs[0]?.result.members.map(({ key: member }) => member));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="runs">
    <thead><tr><th scope="col">run</th><th scope="col">what sets it apart</th><th scope="col" class="number">AUC %<br><small>${sides.score === null ? 'main score' : ranked}</small></th><th scope="col" class="number">members</th><th scope="col" class="number">also in A</th><th scope="col">id</th></tr></thead>
    <tbody>${runs.map(({ letter, title, result }, place) => {
      const name = sides.names[place]!;
      const found = result.scores?.[name];
      const shared = result.members.filter(({ key: member }) => inFirst.has(member)).length;
      return html`<tr><th scope="row">${key(place)}${letter}</th><td class="title">${title}</td><td class="number">${found === undefined ? '–' : percent(found.auc)}${sides.score === null && ownName(name)}</td><td class="number">${result.members.length}</td><td class="number">${place === 0 ? '' : shared}</td><td><small class="run-id">${result.runId}</small></td></tr>`;
    })}</tbody></table></div>`;
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
  const { drawn, runs, sides } = comparison;
  const units = drawn.by === 'image' ? 'test images' : 'patients';
  const mains =
    sides.score === null &&
    'The runs are of several methods: each is judged by its own main score, and by what else the methods define alike. ';
  const several =
    runs.length > 2 && ' Each interval stands for itself: of many, one in twenty leaves out 0 by chance.';
  return html`<section id="differences">
  <h2>Differences</h2>
  <figure class="card narrow"><figcaption>${runs.length === 2 ? 'Run B' : 'Other runs'} against A, AUC ${runs.length > 2 && keys(comparison)}</figcaption>${differenceChart(comparison)}</figure>
  ${metricTable(comparison, 'auc', 'AUC')}
  ${metricTable(comparison, 'ap', 'AP')}
  <p class="caption">${mains}In percent; below, run minus A in points with its 95 % interval, bold where that leaves out 0. ${drawn.resamples.toLocaleString('en')} bootstrap resamples of the ${drawn.units.toLocaleString('en')} ${units}, paired${drawn.by === 'image' && ' by image, normal and abnormal ones drawn apart'};
    percentile intervals. They say how far other test images might have moved the difference, not how far other seeds might.${several}</p>
</section>`;
}

/** The head of a row of one score, or of the runs' main scores. */
function rowHead({ definitions }: Comparison, name: string | null, mains: string): Html {
  if (name === null) return html`${mains}`;
  const { symbol, colour } = scoreLook(definitions, name);
  return html`<span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code>`;
}

/** One figure of all scores and runs. */
function metricTable(comparison: Comparison, metric: 'auc' | 'ap', title: string): Html {
  const { scores, runs } = comparison;
  return html`<div class="scroll versus" tabindex="0" role="region" aria-label="Table of ${title}"><table class="scores">
    <thead><tr><th scope="col">${title} %</th>${runs.map(({ letter }, place) => html`<th scope="col" class="number">${key(place)}${letter}</th>`)}</tr></thead>
    <tbody>${scores.map(
      ({ name, names, separations, differences: found }) => html`
      <tr data-score="${name ?? 'main'}"><th scope="row">${rowHead(comparison, name, 'main score of each run')}</th>${separations.map(
        (separation, run) => {
          const difference = found[run]?.[metric];
          if (separation === null) return html`<td class="number">–</td>`;
          return html`<td class="number">${percent(separation[metric])}${name === null && ownName(names[run])}${
            difference !== undefined &&
            html`<small class="against${isClear(difference) && ' clear'}">${points(difference.value)} <span>(${points(difference.low)} to ${points(difference.high)})</span></small>`
          }</td>`;
        },
      )}</tr>`,
    )}</tbody></table></div>`;
}

/** Maps of all runs against masks; nothing where there are none. */
function pixels(comparison: Comparison): Html | null {
  const { pixels: found, runs } = comparison;
  if (found.length === 0) return null;
  const masked = runs.map(({ result }) => result.pixelTruth?.images.masked ?? 0);
  const others = runs.flatMap(({ letter }, run) =>
    masked[run] === masked[0] || masked[run] === 0 ? [] : [html`, <b>of ${masked[run]!} in ${letter}</b>`],
  );
  return html`<section id="pixels">
  <h2>Pixels</h2>
  <div class="scroll versus" tabindex="0" role="region" aria-label="Table of maps against masks"><table class="scores">
    <thead><tr><th scope="col">maps of</th><th scope="col">in %</th>${runs.map(({ letter }, place) => html`<th scope="col" class="number">${key(place)}${letter}</th>`)}</tr></thead>
    <tbody>${found.map(({ name, names, figures }) =>
      figures.map(
        ({ title, values }, line) => html`
      <tr data-pixels="${name ?? 'main'}">${line === 0 && html`<th scope="row" rowspan="${figures.length}">${rowHead(comparison, name, 'main map of each run')}</th>`}<td>${title}</td>${values.map(
        (value, run) =>
          html`<td class="number">${value === null ? '–' : percent(value)}${name === null && line === 0 && ownName(names[run])}${run > 0 && value !== null && html`<small class="against">${points(value - values[0]!)}</small>`}</td>`,
      )}</tr>`,
      ),
    )}</tbody></table></div>
  <p class="caption">Maps against the masks of ${plural(masked[0]!, 'test image')} in A${others}; differences from A in points, without intervals: the reports hold figures of all pixels together.</p>
</section>`;
}

async function changes(comparison: Comparison, pictures: ComparedPictures | null): Promise<Html> {
  const { sides, runs, definitions } = comparison;
  const by = sides.score === null ? 'its main score' : scoreLook(definitions, sides.score).symbol;
  const { changed, thresholds } = sides;
  const each = runs.slice(1).map(({ letter }, place) => {
    const { better, worse } = sidesChanged(comparison, place + 1);
    return html` ${letter} against A: ${better} to the right one, ${worse} to the wrong one.`;
  });
  return html`<h3>Changed sides</h3>
  <p class="caption">${plural(changed.length, 'image')} that one run calls abnormal by ${by} and another one normal, each at the threshold where its sensitivity and specificity
    together are greatest (${thresholds.map((threshold) => figure(threshold, 4)).join(', ')}).${each} Image n is on line n + 1 of the scores.csv of A.</p>
  ${pictures !== null && changed.length > 0 && (await changedPictures(comparison, pictures))}
  <div class="${runs.length === 2 ? 'pair' : 'stacked'}">
  ${changeTable(
    comparison,
    'Wrong in A, right in others',
    changed.filter(({ right }) => !right[0]),
  )}
  ${changeTable(
    comparison,
    'Right in A, wrong in others',
    changed.filter(({ right }) => right[0]),
  )}
  </div>`;
}

function changeTable({ runs }: Comparison, title: string, list: readonly SideChange[]): Html {
  const listed = list.slice(0, mostListed);
  return html`<div class="card${list.length > mostPrinted && ' screen-only'}"><h3>${title} <small>${list.length}${listed.length < list.length && `, the first ${listed.length} below`}</small></h3>
    <div class="list" tabindex="0" role="region" aria-label="${title}"><table><thead><tr><th scope="col">test image</th><th scope="col">label</th>${runs.map(({ letter }) => html`<th scope="col" class="number">${letter}</th>`)}</tr></thead>
      <tbody>${listed.map(
        ({ number, label, scores, right }) =>
          html`<tr><th scope="row">${number}</th><td>${label === 1 ? 'abnormal' : 'normal'}</td>${scores.map((score, run) => html`<td class="number">${figure(score, 4)} <span data-verdict="${right[run] ? 'right' : 'wrong'}">${right[run] ? '✓' : '✗'}</span></td>`)}</tr>`,
      )}</tbody></table></div></div>`;
}

function inputs({ inputs: { differing, common }, runs }: Comparison): Html {
  const table = (label: string, fields: readonly InputField[]) =>
    html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
    <thead><tr><th scope="col">field</th>${runs.map(({ letter }, place) => html`<th scope="col">${key(place)}${letter}</th>`)}</tr></thead>
    <tbody>${fields.map(({ field, values }) => html`<tr data-field="${field}"><th scope="row"><code>${field}</code></th>${values.map((value) => html`<td>${value ?? '–'}</td>`)}</tr>`)}</tbody></table></div>`;
  return html`<section id="inputs">
  <h2>Inputs</h2>
  ${differing.length === 0 ? html`<p>The inputs do not differ.</p>` : table('Fields that differ', differing)}
  <details><summary>${plural(common.length, 'field')} that ${common.length === 1 ? 'is' : 'are'} the same, or of one method alone</summary>${table('Other fields', common)}</details>
</section>`;
}
