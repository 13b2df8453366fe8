import { mainScore, type PathologyGroup, type RunScores } from '@ddad/contract';
import { percent, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { presentScores } from '../score-looks.ts';

/**
 * AUC by pathology, and over seen and unseen ones (Table 4), of the maps' means and of the scores like the main one: a table of all
 * is wider than a page. Null where none are named.
 */
export function pathologies({ result, definitions, trainsOnUnlabeled }: ReportData): Html | null {
  const { pathologies: found, scores } = result;
  if (found === undefined || scores === null) return null;
  const all = presentScores(definitions, scores);
  const main = all.find(({ name }) => name === mainScore(definitions, scores));
  const shown = all.filter(({ reduction }) => reduction === 'mean' || reduction === main?.reduction);
  const figures = (of: RunScores | null) => {
    const best = of === null ? Number.NaN : Math.max(...shown.map(({ name }) => of[name]?.auc ?? 0));
    const cells = shown.map(({ name }) => {
      const auc = of?.[name]?.auc;
      return auc === undefined
        ? html`<td></td>`
        : html`<td class="number${auc === best ? ' best' : null}" style="--share: ${Math.round(auc * 1000) / 10}%">${percent(auc)}</td>`;
    });
    if (main === undefined) return cells;
    const ap = of?.[main.name]?.ap;
    return html`${cells}<td class="number">${ap === undefined ? '' : percent(ap)}</td>`;
  };
  const group = (title: string, { pathologies: members, images, scores: of }: PathologyGroup) => html`
      <tr class="group"><th scope="row">${title}</th><td class="number">${images.toLocaleString('en')}</td><td>${plural(members.length, 'kind')}</td>${figures(of)}</tr>`;
  const { byRun, byPool } = found;
  const pools =
    byPool.seen.pathologies.join('\n') === byRun.seen.pathologies.join('\n')
      ? null
      : html`${group('only those in the unlabeled pool', byPool.seen)}${group('only those not in it', byPool.unseen)}`;
  return html`<section id="pathologies">
  <h2>Pathologies</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of pathologies">
  <table class="scores">
    <thead><tr><th scope="col">pathology</th><th scope="col" class="number">test images</th><th scope="col">seen</th>
      ${shown.map(({ symbol }) => html`<th scope="col" class="number">${symbol}<br><small>AUC %</small></th>`)}${main !== undefined && html`<th scope="col" class="number">${main.symbol}<br><small>AP %</small></th>`}</tr></thead>
    <tbody>${found.each.map(
      ({ name, images, unlabeled, seen, scores: of }) => html`
      <tr data-pathology="${name}"><th scope="row">${name}</th><td class="number">${images.toLocaleString('en')}</td><td>${seen === null ? 'unknown' : seen ? `${plural(unlabeled, 'image')}` : 'no'}</td>${figures(of)}</tr>`,
    )}${group('only seen ones', byRun.seen)}${group('only unseen ones', byRun.unseen)}${pools}</tbody>
  </table>
  </div>
  <p class="caption">Abnormal test images that show a pathology, whatever else they show, against all ${plural(found.normals, 'normal test image')}. ${seenMeans(trainsOnUnlabeled)}; the last rows are of images all of whose pathologies are seen, or none (Table 4 of the paper); ${byRun.neither} are in neither.
    ${found.unnamed > 0 && `Of ${plural(found.unnamed, 'abnormal test image')} no pathology is named.`} AP depends on the share of abnormal images: compare it within a row only.${shown.length < all.length && ' Of the other scores report.json has the same.'}</p>
</section>`;
}

function seenMeans(trainsOnUnlabeled: boolean): Html {
  return trainsOnUnlabeled
    ? html`A pathology is seen where an image of the run's unlabeled images <i>D</i><sub>u</sub>, which it was trained on, shows it`
    : html`The run was trained on normal images alone, and has seen no pathology`;
}
