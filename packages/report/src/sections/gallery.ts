import { mainScore } from '@ddad/contract';
import { type CaseGroup, chooseCases } from '../choose-cases.ts';
import { colourScaleNames } from '../colour-scales.ts';
import { figure } from '../figures.ts';
import { greyPng } from '../grey-png.ts';
import { type Html, html } from '../html.ts';
import { MapScaleFinder, toBytes } from '../map-scale.ts';
import { maskOutline } from '../mask-outline.ts';
import type { PageCase, PageData } from '../page-data.ts';
import type { HeatMaps, ReportData, TestImages } from '../report-data.ts';
import { presentScores, type ScoreLook } from '../score-looks.ts';

/** How many test images a page shows: more would make it too big to send around. */
const mostCases = 60;
/** Values of heat maps that are read at a time. */
const pieceValues = 2 ** 20;

/** A score's heat maps, and the value at the upper end of their scale. */
interface ScaledMaps {
  look: ScoreLook;
  maps: HeatMaps;
  end: number;
}

/** What the gallery is, and what the large view needs of it. */
export interface Gallery {
  section: Html;
  data: Pick<PageData, 'cases' | 'maps'>;
  /** Scores that have heat maps. */
  shown: ScoreLook[];
}

/**
 * Test images with their heat maps, one below the other as in the paper's Fig. 9. Maps are read once for their scales, in
 * pieces, and once more those that are shown. Null where there is no test image, or no score to rank them by.
 */
export async function gallery({ definitions, test }: ReportData): Promise<Gallery | null> {
  if (test === null || test.copies.length === 0) return null;
  const main = mainScore(definitions, test.scores);
  const ranked = main === null ? undefined : test.scores[main];
  if (main === null || ranked === undefined) return null;
  const looks = presentScores(definitions, test.scores);
  const scaled: ScaledMaps[] = [];
  for (const look of presentScores(definitions, test.maps)) {
    const maps = test.maps[look.name];
    if (maps !== undefined) scaled.push({ look, maps, end: await scaleEnd(maps, test.side) });
  }
  const cases: PageCase[] = [];
  const sections: Html[] = [];
  for (const group of chooseCases(ranked, test.labels, mostCases)) {
    const columns: Html[] = [];
    for (const image of group.images) {
      const mask = (await test.mask?.(image)) ?? null;
      const found: PageCase = {
        ...describeCase(test, image, group.title, looks),
        ...(mask === null ? {} : { outline: maskOutline(mask, test.side) }),
      };
      columns.push(caseColumn(found, cases.length, main, await pictures(test, image, scaled)));
      cases.push(found);
    }
    sections.push(groupSection(group, columns, scaled));
  }
  const symbol = looks.find(({ name }) => name === main)?.symbol ?? main;
  const section = html`<section id="gallery">
  <h2>Gallery</h2>
  <p class="key-line">${scaled.length > 0 && colourScale()}
    <span class="caption">Ranked by ${symbol}. ${scaled.length > 0 && 'Each kind of map has one scale for all images, from 0 to the value that 99.9 % of all test pixels stay below. '}
    Choose an image to enlarge it; arrow keys go from one to the next. Image n is on line n + 1 of scores.csv, which has its name.${test.copies.includes(true) && ' “copy”: an identical image is among the training images.'}</span></p>
  ${sections}
</section>`;
  const maps = scaled.map(({ look: { name }, end }) => ({ name, end }));
  return { section, data: { cases, maps }, shown: scaled.map(({ look }) => look) };
}

function colourScale(): Html {
  return html`<label>Colour scale <select id="colour-scale">${colourScaleNames.map((name) => html`<option>${name}</option>`)}</select></label>`;
}

async function scaleEnd(maps: HeatMaps, side: number): Promise<number> {
  const area = side * side;
  const [images = 0] = maps.shape;
  const finder = new MapScaleFinder(images * area);
  const atOnce = Math.max(1, Math.floor(pieceValues / area));
  for (let first = 0; first < images; first += atOnce) {
    finder.add(await maps.read(first, Math.min(atOnce, images - first)));
  }
  return finder.scale().end;
}

function describeCase(test: TestImages, image: number, group: string, looks: readonly ScoreLook[]): PageCase {
  const normals = test.labels?.flatMap((label, i) => (label === 0 ? [i] : [])) ?? [];
  const scores = looks.flatMap(({ name }) => {
    const values = test.scores[name];
    const value = values?.[image];
    if (values === undefined || value === undefined) return [];
    const below = normals.filter((normal) => (values[normal] ?? value) < value).length;
    return [{ name, value, aboveNormals: normals.length === 0 ? null : below / normals.length }];
  });
  return {
    number: image + 1,
    label: test.labels?.[image] ?? null,
    copy: test.copies[image] ?? false,
    group,
    scores,
  };
}

/** An image and its heat maps as data URIs of grey images. */
interface Pictures {
  image: string;
  maps: string[];
}

async function pictures(test: TestImages, image: number, scaled: readonly ScaledMaps[]): Promise<Pictures> {
  const found: Pictures = { image: await greyPng(await test.pixels([image]), test.side), maps: [] };
  for (const { maps, end } of scaled) {
    found.maps.push(await greyPng(toBytes(await maps.read(image, 1), { end }), test.side));
  }
  return found;
}

function caseColumn(found: PageCase, position: number, main: string, { image, maps }: Pictures): Html {
  const score = found.scores.find(({ name }) => name === main);
  const kind = found.label === null ? '' : found.label === 1 ? ', abnormal' : ', normal';
  return html`
      <li><button type="button" class="case" data-case="${position}" title="Test image ${found.number}">
        <img class="image" alt="" width="64" height="64" src="${image}">${maps.map((map) => html`<img class="map" alt="" width="64" height="64" src="${map}">`)}
        <span class="score"><span class="spoken">${main} </span>${score === undefined ? null : figure(score.value)}</span><span class="number"><span class="spoken">, test image </span>${found.number}${found.copy && html` <span class="copy">copy</span>`}<span class="spoken">${kind}: enlarge</span></span></button></li>`;
}

function groupSection(
  { id, title, explanation }: CaseGroup,
  columns: Html[],
  scaled: readonly ScaledMaps[],
): Html {
  return html`
  <div class="group" id="${id}">
    <h3>${title} <small>${explanation}</small></h3>
    <div class="strip">
      <ul class="heads"><li class="image">image</li>${scaled.map(
        ({ look: { symbol }, end }) =>
          html`<li><span class="name">${symbol}</span><span class="scale"></span><span class="ends"><span>0</span><span>${figure(end, 2)}</span></span></li>`,
      )}<li class="below">score<br>number</li></ul>
      <ul class="cases">${columns}
      </ul>
    </div>
  </div>`;
}
