import { mainScore } from '@ddad/contract';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { presentScores } from '../score-looks.ts';

/** All test images in a table that the page's script fills. Null where there are none, or no scores of them. */
export function imageTable({ definitions, test, heldOut: reference }: ReportData): Html | null {
  if (test === null || test.copies.length === 0) return null;
  const main = mainScore(definitions, test.scores);
  if (main === null) return null;
  const labelled = test.labels !== null;
  const heldOut = reference !== undefined;
  const named = test.pathologies ?? [];
  const looks = presentScores(definitions, test.scores);
  const shown = [...looks.filter(({ name }) => name === main), ...looks.filter(({ name }) => name !== main)];
  const head = (column: string, title: Html | string, number = false) =>
    html`<th scope="col"${number && html` class="number"`} data-column="${column}" aria-sort="none"><button type="button">${title}</button></th>`;
  const option = (value: string, text = value) => html`<option value="${value}">${text}</option>`;
  const verdicts = labelled ? ['hit', 'miss', 'false alarm', 'right'] : ['above', 'below'];
  return html`<section id="images" hidden>
  <h2>All test images</h2>
  <form class="filters-row" id="image-filters">
    <label>Search <input type="search" name="search" placeholder="number" autocomplete="off"></label>
    ${labelled && html`<label>Label <select name="label">${[option('', 'all'), option('1', 'abnormal'), option('0', 'normal')]}</select></label>`}
    ${named.length > 0 && html`<label>Pathology <select name="pathology">${option('', 'all')}${named.map(({ name }) => option(name))}</select></label>`}
    <label>Verdict <select name="verdict">${option('', 'all')}${verdicts.map((verdict) => option(verdict))}</select></label>
    <label><input type="checkbox" name="pictured"> with pictures</label>
    <output name="count"></output>
    <button type="button" data-download="scores" hidden>scores.csv</button>
  </form>
  <div class="scroll rows" id="image-rows" tabindex="0" role="region" aria-label="Table of all test images">
  <table>
    <thead><tr>${head('image', 'image')}${labelled && head('label', 'label')}${named.length > 0 && head('pathology', 'pathology')}${head('verdict', 'verdict')}${heldOut && head('p', html`p <small data-judged></small>`, true)}${shown.map(({ name, symbol }) => head(`score:${name}`, html`${symbol}<span class="spoken"> ${name}</span>`, true))}</tr></thead>
    <tbody></tbody>
  </table>
  </div>
  <p class="caption">The verdict is that of <code data-judged></code> at <output id="verdict-threshold"></output>${labelled && ', the operating point above'}; <span id="verdict-rule"></span>.
    ${heldOut && 'p: how probable so high a score is for a normal image. '}<span id="names-note">Images are numbered as in scores.csv. Names of files are left out, as they may name patients: <code>npx ddad report RUN --names</code> makes a page that has them.</span></p>
</section>`;
}
