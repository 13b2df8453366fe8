import { mainScore } from '@ddad/contract';
import { precisionRecallChart, rocChart } from '../charts/curve-charts.ts';
import { percent } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { byReduction, presentScores } from '../score-looks.ts';

/** ROC and precision-recall curves, which of them to show, and what a threshold would give. Null without labels. */
export function curves({ result, definitions, test }: ReportData): Html | null {
  const found = result.scores;
  if (found === null || test === null || test.labels === null) return null;
  const { labels } = test;
  const main = mainScore(definitions, found);
  const shown = presentScores(definitions, found).flatMap((look) => {
    const [scores, separation] = [test.scores[look.name], found[look.name]];
    if (scores === undefined || separation === undefined) return [];
    return [{ look, scores, auc: separation.auc, width: look.name === main ? 2.5 : 1.75 }];
  });
  const first = byReduction(
    definitions,
    shown.map(({ look }) => look),
  )[0]?.reduction;
  const drawn = shown.map((score) => ({ ...score, hidden: score.look.reduction !== first }));
  return html`<section id="curves">
  <h2>Curves</h2>
  <div class="curves">
    <figure class="card"><figcaption>ROC</figcaption>${rocChart(drawn, labels)}</figure>
    <figure class="card"><figcaption>Precision and recall</figcaption>${precisionRecallChart(drawn, labels)}</figure>
    <div class="card side">
      <fieldset class="legend"><legend>Curves shown <small>AUC %</small></legend>${shown.map(
        ({ look: { name, symbol, colour, dashes, reduction }, auc }) => {
          const pattern = dashes === null ? null : html` stroke-dasharray="${dashes}"`;
          return html`
        <label><input type="checkbox"${reduction === first && html` checked`} data-curve="${name}"><svg width="30" height="10" aria-hidden="true"><line x1="1" x2="29" y1="5" y2="5" stroke="${colour}" stroke-width="${name === main ? 2.5 : 2}"${pattern}/></svg>
          <span>${symbol}</span><span class="auc">${percent(auc)}</span></label>`;
        },
      )}</fieldset>
      <p class="downloads"><button type="button" data-download="curves" hidden>points of all curves, CSV</button></p>
      <form class="operating-point" id="operating-point" hidden>
        <h3>Operating point</h3>
        <label class="field">Score <select name="score">${shown.map(
          ({ look: { name, colour } }) =>
            html`<option value="${name}" data-colour="${colour}"${name === main && html` selected`}>${name}</option>`,
        )}</select></label>
        <label class="field" for="operating-threshold">Threshold <output name="threshold" for="operating-threshold"></output></label>
        <input type="range" id="operating-threshold" name="place" min="0" value="0">
        <table class="confusion"><thead><tr><td></td><th scope="col">called abnormal</th><th scope="col">called normal</th></tr></thead>
          <tbody><tr><th scope="row">abnormal</th><td data-count="truePositives"></td><td data-count="falseNegatives" class="wrong"></td></tr>
          <tr><th scope="row">normal</th><td data-count="falsePositives" class="wrong"></td><td data-count="trueNegatives"></td></tr></tbody></table>
        <dl class="rates"><div><dt>sensitivity</dt><dd data-rate="sensitivity"></dd></div><div><dt>specificity</dt><dd data-rate="specificity"></dd></div><div><dt>precision</dt><dd data-rate="precision"></dd></div></dl>
        <p class="caption">${result.calibration?.thresholds == null ? null : 'It begins with the test images called abnormal that lie above the threshold from held-out normal images. '}For looking: a threshold chosen on test images is no result.</p>
      </form>
    </div>
  </div>
</section>`;
}
