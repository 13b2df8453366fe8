import { type ScoreName, scoreNames } from '@ddad/contract';
import { type CaseGroup, chooseCases } from '../choose-cases.ts';
import { colourScaleNames } from '../colour-scales.ts';
import { figure } from '../figures.ts';
import { greyPng } from '../grey-png.ts';
import { type Html, html } from '../html.ts';
import { type MapScale, mapScale, toBytes } from '../map-scale.ts';
import type { PageCase, PageData } from '../page-data.ts';
import { type MapName, mapNames, type TestImages } from '../report-data.ts';
import { mainScore, scoreNaming } from '../score-names.ts';

/** How many test images a page shows: more would make it too big to send around. */
const mostCases = 60;

/**
 * Test images with their heat maps, one below the other as in the paper's Fig. 9, and what the large view needs of them.
 */
export async function gallery(
  test: TestImages,
): Promise<{ section: Html; data: Pick<PageData, 'cases' | 'maps'> }> {
  const main = mainScore(test.scores);
  const groups = chooseCases(test.scores[main]!, test.labels, mostCases);
  const scales = new Map<MapName, MapScale>();
  for (const name of mapNames) {
    const maps = test.maps[name];
    if (maps !== undefined) scales.set(name, mapScale(maps));
  }
  const cases: PageCase[] = [];
  const sections: Html[] = [];
  for (const group of groups) {
    const columns: Html[] = [];
    for (const image of group.images) {
      const found = describeCase(test, image, group.title);
      columns.push(caseColumn(found, cases.length, main, await pictures(test, image, scales)));
      cases.push(found);
    }
    sections.push(groupSection(group, columns, scales));
  }
  const maps = [...scales].map(([name, { end }]) => ({ name, label: scoreNaming[name].plain, end }));
  const { symbol } = scoreNaming[main];
  const section = html`<section id="gallery">
  <h2>Gallery</h2>
  <p class="key-line"><label>Colour scale <select id="colour-scale">${colourScaleNames.map((name) => html`<option>${name}</option>`)}</select></label>
    <span class="caption">Ranked by ${symbol}. Each kind of map has one scale for all images, from 0 to the value that 99.9 % of all test pixels stay below.
    Choose an image to enlarge it; arrow keys go from one to the next. Image n is on line n + 1 of scores.csv, which has its name.${test.copies.includes(true) && ' “copy”: an identical image is among the training images.'}</span></p>
  ${sections}
</section>`;
  return { section, data: { cases, maps } };
}

function describeCase(test: TestImages, image: number, group: string): PageCase {
  const normals = test.labels === null ? null : test.labels.flatMap((label, i) => (label === 0 ? [i] : []));
  const scores = scoreNames.flatMap((name) => {
    const values = test.scores[name];
    if (values === undefined) return [];
    const value = values[image]!;
    const below = normals?.filter((normal) => values[normal]! < value).length ?? 0;
    const aboveNormals = normals === null || normals.length === 0 ? null : below / normals.length;
    return [{ name, label: scoreNaming[name].plain, value, aboveNormals }];
  });
  return {
    number: image + 1,
    label: test.labels?.[image] ?? null,
    copy: test.copies[image] ?? false,
    group,
    scores,
  };
}

/** The image, then its heat maps, as data URIs of grey images. */
async function pictures(
  test: TestImages,
  image: number,
  scales: ReadonlyMap<MapName, MapScale>,
): Promise<string[]> {
  const area = test.side ** 2;
  const part = <T extends Uint8Array | Float32Array>(all: T) =>
    all.subarray(image * area, (image + 1) * area) as T;
  const found = [await greyPng(part(test.pixels), test.side)];
  for (const [name, scale] of scales)
    found.push(await greyPng(toBytes(part(test.maps[name]!), scale), test.side));
  return found;
}

function caseColumn(found: PageCase, position: number, main: ScoreName, [image, ...maps]: string[]): Html {
  const score = found.scores.find(({ name }) => name === main)!;
  const kind = found.label === null ? '' : found.label === 1 ? ', abnormal' : ', normal';
  return html`
      <li><button type="button" class="case" data-case="${position}" title="Test image ${found.number}">
        <img class="image" alt="" width="64" height="64" src="${image!}">${maps.map((map) => html`<img class="map" alt="" width="64" height="64" src="${map}">`)}
        <span class="score"><span class="spoken">${score.label} </span>${figure(score.value)}</span><span class="number"><span class="spoken">, test image </span>${found.number}${found.copy && html` <span class="copy">copy</span>`}<span class="spoken">${kind}: enlarge</span></span></button></li>`;
}

function groupSection(
  { id, title, explanation }: CaseGroup,
  columns: Html[],
  scales: ReadonlyMap<MapName, MapScale>,
): Html {
  return html`
  <div class="group" id="${id}">
    <h3>${title} <small>${explanation}</small></h3>
    <div class="strip">
      <ul class="heads"><li class="image">image</li>${[...scales].map(
        ([name, { end }]) =>
          html`<li><span class="name">${scoreNaming[name].symbol}</span><span class="scale"></span><span class="ends"><span>0</span><span>${figure(end, 2)}</span></span></li>`,
      )}<li class="below">score<br>number</li></ul>
      <ul class="cases">${columns}
      </ul>
    </div>
  </div>`;
}
