import {
  defaultImageSize,
  type Interval,
  type Intervals,
  mainScore,
  peakWindow,
  type Rate,
  type RunScores,
  reducedName,
  type ScoreColumn,
  scoreGrid,
} from '@ddad/contract';
import { inWords, percent, percentInterval, plural } from '../figures.ts';
import { type Html, html } from '../html.ts';
import { intervalCaution } from '../interval-caution.ts';
import type { ReportData } from '../report-data.ts';
import { byReduction, presentScores, reductionTitles, type ScoreLook, scoreLook } from '../score-looks.ts';
import { foldedTables } from './folded-tables.ts';
import { warningNotes } from './score-warnings.ts';

type Metric = 'auc' | 'ap';

/** A score that is less than this above what needs no network may be that alone, in AUC; what is less than this above ½ tells nothing itself. */
const margin = 0.05;

/** What needs no network, and how well it alone tells the labels. */
type AloneSeparation = { of: string; auc: number };

/** What tells the labels without any network; with a warning where the scores are hardly better. */
function withoutNetwork(alone: readonly AloneSeparation[], bestAuc: number): Html | null {
  if (alone.length === 0) return null;
  const figures = alone.map(({ of, auc }) => `${of} ${percent(auc)}\u00a0%`).join(', ');
  const least = Math.max(bestAuc - margin, 0.5 + margin);
  const near = alone.filter(({ auc }) => auc > least).map(({ of }) => of);
  return html`<p class="caption" id="without-network">AUC without any network, in whichever direction: ${figures}.</p>
  ${near.length > 0 && html`<p class="note warning"><b>Trivial?</b> ${inWords(near)} alone ${near.length === 1 ? 'tells' : 'tell'} normal from abnormal about as well as the best score does: it may have seen no anomaly.</p>`}`;
}

/**
 * AUC of every score, by map and by what made a number of it; below AUC, AP and χ² of those like the main score, and of the others, folded
 * away. Beside them the same without copies, where the dataset has some. Null without labels.
 */
export function scoresTable(
  { result, definitions, test }: ReportData,
  alone: readonly AloneSeparation[],
): Html | null {
  const { scores, withoutCopies: clean } = result;
  if (scores === null) return null;
  const shown = presentScores(definitions, scores);
  const [first, ...others] = byReduction(definitions, shown);
  if (first === undefined) return null;
  const abnormal = test?.labels?.filter((label) => label === 1).length;
  const classes = abnormal === undefined ? null : { abnormal, normal: test!.labels!.length - abnormal };
  const caution = intervalCaution(scores, classes);
  return html`<section id="scores">
  <h2>Scores</h2>
  ${others.length > 0 && aucGrid(definitions, scores, result.imageSize ?? defaultImageSize, highest(scores, shown, 'auc'))}
  ${figuresTable(result, others.length > 0 ? reductionTitles[first.reduction] : null, first.looks)}
  ${foldedTables(others, (title, looks) => figuresTable(result, title, looks))}
  <p class="caption">${result.intervals !== undefined && drawnHow(result.intervals)}${caution !== null && `${caution} `}${shown.map(({ name }) => spread(name, scores))}χ² is the distance
    of the two histograms below, 0 to 100.</p>
  ${warningNotes(result, ['inverted', 'chance'])}
  ${withoutNetwork(alone, highest(scores, shown, 'auc'))}
  ${
    clean !== undefined &&
    test !== null &&
    html`<p class="note warning"><b>Copies.</b> ${test.copies.length - clean.images} of the ${test.copies.length} test images have an identical copy among the training images.
    The columns without copies leave them out (${clean.images} images).</p>`
  }
  ${ratesTables(result, definitions)}
</section>`;
}

const highest = (of: RunScores | null, looks: readonly ScoreLook[], metric: Metric): number =>
  Math.max(...looks.map(({ name }) => of?.[name]?.[metric] ?? Number.NEGATIVE_INFINITY));

/** A figure with its interval below, as a share of the cell's width, too. */
const shareCell = (value: number, interval: Interval | undefined, classes: string): Html =>
  html`<td class="number${classes}" style="--share: ${Math.round(value * 1000) / 10}%">${percent(value)}${intervalBelow(interval)}</td>`;

/** What a map became a number by, in a word or two. @param window side of that of `peak`, in pixels */
const columnTitles = (window: number): Record<ScoreColumn, string> => ({
  mean: 'mean',
  top: 'highest 2\u00a0%',
  peak: `largest ${window}×${window}`,
  relative: 'by brightness',
  foreground: 'foreground',
});

/** AUC of all scores, a row a map. @param imageSize side of the maps, in pixels @param best of them */
function aucGrid(
  definitions: ReportData['definitions'],
  scores: RunScores,
  imageSize: number,
  best: number,
): Html {
  const { columns, rows } = scoreGrid(definitions, scores);
  const titles = columnTitles(peakWindow(imageSize));
  const main = mainScore(definitions, scores);
  const cell = (name: string | undefined) => {
    const found = name === undefined ? undefined : scores[name];
    if (found === undefined) return html`<td></td>`;
    const classes = `${found.auc === best ? ' best' : ''}${name === main ? ' main' : ''}`;
    return shareCell(found.auc, found.aucInterval, classes);
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of AUC by map and image score">
  <table class="scores">
    <thead><tr><th scope="col">AUC %, by map</th><th scope="col" class="meaning">what it is</th>${columns.map(
      (column) =>
        html`<th scope="col" class="number">${titles[column]}${column !== 'mean' && html`<br><code>${reducedName('…', column)}</code>`}</th>`,
    )}</tr></thead>
    <tbody>${rows.map(({ definition, names }) => {
      const { symbol, colour, name, meaning } = scoreLook(definitions, definition.name);
      return html`
      <tr data-map="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th><td class="meaning">${meaning}</td>${names.map(cell)}</tr>`;
    })}</tbody>
  </table>
  </div>
  ${main !== null && html`<p class="caption">Framed: <code>${main}</code>, the main score, by which this page ranks images. No label has a say in it.</p>`}`;
}

/** AUC, AP and χ² of some scores. @param title null where there are no others */
function figuresTable(
  { scores, withoutCopies: clean, histogramDistance }: ReportData['result'],
  title: string | null,
  looks: readonly ScoreLook[],
): Html {
  const cells = (of: RunScores | null) => {
    const best = { auc: highest(of, looks, 'auc'), ap: highest(of, looks, 'ap') };
    return (name: string) =>
      (['auc', 'ap'] as const).map((metric) => {
        const value = of?.[name]?.[metric];
        if (value === undefined) return html`<td></td>`;
        return shareCell(value, of?.[name]?.[`${metric}Interval`], value === best[metric] ? ' best' : '');
      });
  };
  const [all, withoutCopies] = [cells(scores), clean === undefined ? null : cells(clean.scores)];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of scores${title !== null && `: ${title.toLowerCase()}`}">
  <table class="scores">
    <thead><tr><th scope="col">${title ?? 'score'}</th><th scope="col" class="meaning">what it is</th><th scope="col" class="number">AUC %</th><th scope="col" class="number">AP %</th><th scope="col" class="number">χ²</th>
      ${clean !== undefined && html`<th scope="col" class="number">AUC %<br><small>without copies</small></th><th scope="col" class="number">AP %<br><small>without copies</small></th>`}</tr></thead>
    <tbody>${looks.map(({ name, symbol, meaning, colour }) => {
      const distance = histogramDistance?.[name];
      return html`
      <tr data-score="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th><td class="meaning">${meaning}</td>
        ${all(name)}<td class="number">${distance === undefined ? '' : distance.toFixed(1)}</td>
        ${withoutCopies?.(name) ?? null}</tr>`;
    })}</tbody>
  </table>
  </div>`;
}

/** In a line of its own. */
function intervalBelow(interval: Interval | undefined): Html | null {
  return interval === undefined
    ? null
    : html` <br><small class="interval">${percentInterval(interval)}</small>`;
}

function drawnHow({ confidence, resamples, by, units }: Intervals): Html {
  const drawn = by === 'image' ? 'test images' : `the ${plural(units, 'patient')} of the test images`;
  return html`Below each figure is its ${confidence * 100} % interval: ${resamples.toLocaleString('en')} resamples of ${drawn}, normal and abnormal ones drawn apart. It tells how much other test images
    would change the figure, not what another training would. `;
}

/** Sensitivity where the specificity is high, and the reverse. Null of results from before these were told. */
function ratesTables({ scores }: ReportData['result'], definitions: ReportData['definitions']): Html | null {
  if (scores === null) return null;
  const shown = presentScores(definitions, scores).filter(
    ({ name }) => scores[name]?.sensitivityAt !== undefined,
  );
  const [first, ...others] = byReduction(definitions, shown);
  if (first === undefined) return null;
  const cells = (rates: Rate[] = []) =>
    rates.map((rate) => html`<td class="number">${percent(rate.value)}${intervalBelow(rate)}</td>`);
  const heads = (what: string, other: string, rates: Rate[] = []) =>
    rates.map(
      ({ at }) =>
        html`<th scope="col" class="number">${what} %<br><small>at ${Math.round(at * 100)} % ${other}</small></th>`,
    );
  const table = (title: string, looks: readonly ScoreLook[]) => {
    const sample = scores[looks[0]?.name ?? ''];
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of sensitivity and specificity: ${title.toLowerCase()}">
  <table class="scores">
    <thead><tr><th scope="col">score</th>${heads('sensitivity', 'specificity', sample?.sensitivityAt)}${heads('specificity', 'sensitivity', sample?.specificityAt)}</tr></thead>
    <tbody>${looks.map(
      ({ name, symbol, colour }) => html`
      <tr data-rates="${name}"><th scope="row"><span class="key" style="background: ${colour}"></span>${symbol} <code>${name}</code></th>${cells(scores[name]?.sensitivityAt)}${cells(scores[name]?.specificityAt)}</tr>`,
    )}</tbody>
  </table></div>`;
  };
  return html`<h3>Sensitivity and specificity</h3>
  ${table(reductionTitles[first.reduction], first.looks)}
  <p class="caption">The best that any threshold gives on these test images, chosen by their labels: what a score can do, and no result. Thresholds that need no label come from held-out normal images.</p>
  ${foldedTables(others, table)}`;
}

/** Of a score that is one network's: how the others do. Null where there are no others. */
function spread(name: string, scores: RunScores): Html | null {
  const found = scores[name];
  if (found?.aucMean === undefined || found.aucStd === undefined) return null;
  const alone = found.aucStd === 0 && found.aucMean === found.auc;
  if (alone) return null;
  return html`<code>${name}</code> over all networks that give it: AUC ${percent(found.aucMean)} ± ${percent(found.aucStd)} (mean and standard deviation). `;
}
