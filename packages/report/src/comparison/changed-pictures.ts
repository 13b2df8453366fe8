import { figure } from '../figures.ts';
import { greyPng } from '../grey-png.ts';
import { type Html, html } from '../html.ts';
import { toBytes } from '../map-scale.ts';
import { scoreLook } from '../score-looks.ts';
import type { Comparison, SideChange } from './compare-runs.ts';

/** Heat maps of a run's test images, of one score. */
export interface RunMaps {
  /** Side of the square maps in pixels. */
  side: number;
  /** Upper end of their scale, one for all images of the run. */
  end: number;
  /** @param place among the run's own test images @returns [side, side], none negative */
  read(place: number): Promise<Float32Array>;
}

/** Pictures of the test images, and what runs' maps show of them. */
export interface ComparedPictures {
  side: number;
  /** @param place among the first run's test images @returns [side, side] */
  pixels(place: number): Promise<Uint8Array>;
  /** By run; a text that says why where a run has none any more. */
  maps: (RunMaps | string)[];
}

/** Images in a row: as many as a printed line holds. */
const mostShown = 14;

/** Images that changed sides, in two rows: those that the first run has wrong, and those that it has right. */
function rowsOf(comparison: Comparison): { id: string; title: string; of: SideChange[] }[] {
  const { changed } = comparison.sides;
  const rows = [
    { id: 'first-wrong', title: 'Wrong in A, right in others', right: false },
    { id: 'first-right', title: 'Right in A, wrong in others', right: true },
  ];
  return rows.map(({ id, title, right }) => ({
    id,
    title,
    of: mostMoved(
      comparison,
      changed.filter((change) => change.right[0] === right),
    ),
  }));
}

/** Places among the first run's test images of those that are shown. */
export function shownImages(comparison: Comparison): number[] {
  return rowsOf(comparison).flatMap(({ of }) => of.slice(0, mostShown).map(({ number }) => number - 1));
}

/** The images that changed sides with the maps of every run. */
export async function changedPictures(comparison: Comparison, pictures: ComparedPictures): Promise<Html> {
  const groups: Html[] = [];
  for (const { id, title, of } of rowsOf(comparison)) {
    const shown = of.slice(0, mostShown);
    const columns: Html[] = [];
    for (const change of shown) columns.push(await column(comparison, pictures, change));
    if (shown.length > 0) groups.push(group(comparison, pictures, { id, title, count: of.length }, columns));
  }
  const missing = comparison.runs.flatMap(({ letter }, run) => {
    const maps = pictures.maps[run];
    return typeof maps === 'string' ? [html` <b>${letter} has no heat maps here: ${maps}.</b>`] : [];
  });
  return html`<p class="caption">Each image with the heat maps of every run; ✓: on the right side of the run's threshold, ✗: on the wrong one. Each run's maps have one scale for all images,
    from 0 to the value that 99.9 % of all test pixels stay below.${missing}</p>
  ${groups}`;
}

/** Those first whose rank among all images differs most between two runs. */
function mostMoved({ sides: { values } }: Comparison, changes: readonly SideChange[]): SideChange[] {
  const ranks = values.map(ranksOf);
  const move = ({ number }: SideChange) => {
    const own = ranks.map((rank) => rank[number - 1]!);
    return Math.max(...own) - Math.min(...own);
  };
  return [...changes].sort((a, b) => move(b) - move(a));
}

/** By image: how many images score lower, or as high and come earlier. */
function ranksOf(values: readonly number[]): number[] {
  const ranks = new Array<number>(values.length);
  const order = values.map((_value, image) => image).sort((a, b) => values[a]! - values[b]!);
  for (const [rank, image] of order.entries()) ranks[image] = rank;
  return ranks;
}

async function column({ runs }: Comparison, pictures: ComparedPictures, change: SideChange): Promise<Html> {
  const image = change.number - 1;
  const maps: Html[] = [];
  for (const [place, { places, letter }] of runs.entries()) {
    const own = pictures.maps[place];
    const verdict = change.right[place] ? 'right' : 'wrong';
    const picture =
      own === undefined || typeof own === 'string'
        ? html`<span class="no-map"></span>`
        : html`<img class="map" alt="" width="64" height="64" src="${await greyPng(toBytes(await own.read(places[image]!), own), own.side)}">`;
    maps.push(
      html`${picture}<span class="verdict" data-verdict="${verdict}"><span class="spoken">${letter} ${verdict}: </span><span aria-hidden="true">${change.right[place] ? '✓' : '✗'}</span> ${figure(change.scores[place]!)}</span>`,
    );
  }
  return html`
      <li class="case" data-image="${change.number}"><img class="image" alt="" width="64" height="64" src="${await greyPng(await pictures.pixels(image), pictures.side)}">${maps}
        <span class="number"><span class="spoken">test image </span>${change.number}<br>${change.label === 1 ? 'abnormal' : 'normal'}</span></li>`;
}

function group(
  { runs, sides }: Comparison,
  { maps }: ComparedPictures,
  { id, title, count }: { id: string; title: string; count: number },
  columns: readonly Html[],
): Html {
  const some = columns.length < count && html`, the ${columns.length} whose ranks differ most`;
  return html`
  <div class="group" id="${id}">
    <h3>${title} <small>${count}${some}</small></h3>
    <div class="strip">
      <ul class="heads"><li class="image">image</li>${runs.map(({ letter, definitions }, place) => {
        const own = maps[place];
        const score = sides.maps[place];
        const symbol =
          score == null ? null : html` <span class="of">${scoreLook(definitions, score).symbol}</span>`;
        return html`<li class="of-run"><span class="name">${letter}${typeof own === 'object' && symbol}</span>${
          typeof own === 'object' &&
          html`<span class="scale"></span><span class="ends"><span>0</span><span>${figure(own.end, 2)}</span></span>`
        }</li>`;
      })}<li class="below">number<br>label</li></ul>
      <ul class="cases" tabindex="0" aria-label="${title}">${columns}
      </ul>
    </div>
  </div>`;
}
