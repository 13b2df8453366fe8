import { leastHeldOut } from '@ddad/contract';
import { figure, percent, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { byReduction, presentScores, reductionTitles, type ScoreLook } from '../score-looks.ts';
import { foldedTables } from './folded-tables.ts';
import { warningNotes } from './score-warnings.ts';

/**
 * What held-out normal images give: thresholds, and figures for choosing settings that need no label of a test image. Null
 * where none were held out.
 */
export function thresholds({ result, definitions }: ReportData): Html | null {
  const { calibration, labelFree } = result;
  if (calibration === undefined || labelFree === undefined) return null;
  const { images, falsePositiveRate, thresholds: found } = calibration;
  const rate = `${percent(falsePositiveRate)} %`;
  const share = (value: number | null | undefined, mark = '') =>
    html`<td class="number">${value == null ? '–' : `${percent(value)}${mark}`}</td>`;
  const learned = new Set(
    definitions.flatMap(({ name, learnsUnlabeled }) =>
      learnsUnlabeled === true && labelFree.scores[name] !== undefined ? [name] : [],
    ),
  );
  const table = (
    title: string | null,
    looks: readonly ScoreLook[],
  ) => html`<div class="scroll" tabindex="0" role="region" aria-label="Table of held-out normal images${title !== null && `: ${title.toLowerCase()}`}">
  <table class="scores">
    <thead><tr><th scope="col">${title ?? 'score'}</th><th scope="col" class="number">threshold</th><th scope="col" class="number">sensitivity %</th><th scope="col" class="number">specificity %</th>
      <th scope="col" class="number">AUC %<br><small>label-free</small></th><th scope="col" class="number">mean<br><small>held-out normals</small></th></tr></thead>
    <tbody>${looks.map(({ name, symbol, colour }) => {
      const threshold = found?.[name];
      const free = labelFree.scores[name];
      return html`
      <tr data-threshold="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th>
        <td class="number">${threshold === undefined ? '–' : figure(threshold.threshold, 4)}</td>${share(threshold?.sensitivity)}${share(threshold?.specificity)}
        ${share(free?.auc, learned.has(name) ? '*' : '')}<td class="number">${free === undefined ? '' : figure(free.heldOutMean, 4)}</td></tr>`;
    })}</tbody>
  </table>
  </div>`;
  const [first, ...others] = byReduction(definitions, presentScores(definitions, labelFree.scores));
  if (first === undefined) return null;
  return html`<section id="thresholds">
  <h2>Held-out normals</h2>
  ${table(others.length > 0 ? reductionTitles[first.reduction] : null, first.looks)}
  ${foldedTables(others, table)}
  <p class="caption">${
    found === null
      ? html`No thresholds: at ${rate} false positives they need ${leastHeldOut(falsePositiveRate)} held-out normal images, not ${images}.`
      : html`Of new normal images, at most ${rate} are expected above a threshold (conformal quantile of ${plural(images, 'normal image')} that nothing was trained on); sensitivity
    and specificity are those seen on the test images.`
  } The label-free AUC is that of ${plural(labelFree.images.unlabeled, 'unlabeled image')} against the held-out
    normal ones: for choosing settings without test labels, and no measure of how well abnormal images are found.${
      learned.size > 0 &&
      html` Scores with * learned from these unlabeled images, of which they know some by heart: theirs is to be compared within a map only.`
    }</p>
  ${warningNotes(result, ['blind'])}
</section>`;
}
