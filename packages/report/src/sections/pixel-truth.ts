import { figure, percent, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { presentScores } from '../score-looks.ts';

/** How well maps show where something is, against masks. Null where the dataset has none, or nothing could be compared. */
export function pixelTruth({ result, definitions }: ReportData): Html | null {
  const { pixelTruth: found } = result;
  if (found === undefined || found.scores === null) return null;
  const { scores, images, falsePositiveRate } = found;
  const heldOut = falsePositiveRate !== undefined;
  const share = (value: number | undefined) =>
    html`<td class="number">${value === undefined ? '–' : percent(value)}</td>`;
  const value = (of: number | undefined) =>
    html`<td class="number">${of === undefined ? '–' : figure(of, 4)}</td>`;
  return html`<section id="pixel-truth">
  <h2>Pixel truth</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of maps against masks">
  <table class="scores">
    <thead><tr><th scope="col">maps of</th><th scope="col" class="number">AUROC %</th><th scope="col" class="number">AP %</th><th scope="col" class="number">AUPRO %</th><th scope="col" class="number">best Dice %</th><th scope="col" class="number">from</th>
      ${heldOut && html`<th scope="col" class="number">Dice %<br><small>held-out normals</small></th><th scope="col" class="number">above</th>`}</tr></thead>
    <tbody>${presentScores(definitions, scores).map(({ name, symbol, colour }) => {
      const figures = scores[name];
      return html`
      <tr data-pixels="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th>
        ${share(figures?.auroc)}${share(figures?.ap)}${share(figures?.aupro)}${share(figures?.bestDice)}${value(figures?.bestThreshold)}
        ${heldOut && [share(figures?.diceAtThreshold), value(figures?.threshold)]}</tr>`;
    })}</tbody>
  </table>
  </div>
  <p class="caption">All pixels together of ${plural(images.masked, 'test image')} with a mask and ${plural(images.normal, 'normal one')}${
    images.withoutMask > 0 &&
    html`; <b>${plural(images.withoutMask, 'test image')} without a mask ${images.withoutMask === 1 ? 'does' : 'do'} not count</b>`
  }. AUPRO: the mean share of each region (8-connected) that is found, over false positive rates up to 30 %. The best Dice is chosen by the masks themselves, its threshold with it.${
    heldOut &&
    html` The other one calls what is above the ${percent(1 - falsePositiveRate)} % quantile of the held-out normal images' pixels.`
  }</p>
</section>`;
}
