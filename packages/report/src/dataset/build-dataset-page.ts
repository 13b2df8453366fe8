import type { DatasetIndex, DatasetRecord } from '@ddad/contract';
import {
  type CopiesDescription,
  type DatasetDescription,
  nearCopyLimits,
  type Place,
  suspiciousAuc,
} from '@ddad/dataset';
import { inWords, percent, plural } from '../figures.ts';
import { greyPng } from '../grey-png.ts';
import { type Html, html, jsonElement } from '../html.ts';
import { dataElements, noPageData } from '../page-data.ts';
import { pageShell } from '../page-shell.ts';
import { binShares, levelsChart } from './levels-chart.ts';
import { tilePictures } from './tile-pictures.ts';

/** Pictures in a row of a contact sheet and of a family, families shown with pictures, and pictures of one. */
const shown = { columns: 16, familyColumns: 6, families: 60, pictures: 12, outliers: 64 } as const;

/** A packed dataset and what is to be seen of it. */
export interface DatasetFacts {
  record: DatasetRecord;
  index: DatasetIndex;
  /** [N, imageSize, imageSize] */
  pixels: Uint8Array;
  description: DatasetDescription;
}

/**
 * A dataset on one HTML page that needs nothing else: counts, grey levels and a contact sheet of every list, what needs no network
 * to tell, unlike images, copies, near-copies, pathologies. It holds pictures and names of images, and is for whoever has the images.
 */
export async function buildDatasetPage(facts: DatasetFacts): Promise<string> {
  const { record, description } = facts;
  const sections: [id: string, title: string, section: Html | null][] = [
    ['lists', 'Lists', lists(facts)],
    ['pathologies', 'Pathologies', pathologies(facts)],
    ['levels', 'Grey levels', greyLevels(facts)],
    ['without-network', 'Without a network', withoutNetwork(facts)],
    ['pictures', 'Pictures', await contactSheets(facts)],
    ['outliers', 'Unlike the others', await outliers(facts)],
    ['copies', 'Copies', await families(facts, 'copies', 'Copies', description.copies)],
    ['near', 'Near-copies', await families(facts, 'near', 'Near-copies', description.nearCopies)],
  ];
  const present = sections.filter(([, , section]) => section !== null);
  return pageShell({
    title: `${record.name}: dataset — DDAD report`,
    sections: present.map(([id, title]) => ({ id, title })),
    content: html`${summary(facts)}${present.map(([, , section]) => section)}`,
    footer: html`Made by DDAD from dataset <code>${record.digest}</code>.`,
    after: html`${jsonElement(dataElements.result, record)}
${jsonElement(dataElements.page, noPageData)}`,
  });
}

/** Test images of families that training images belong to as well. */
export function leakedTestImages({ groups }: CopiesDescription): number {
  const within = (place: Place, part: string) => place.startsWith(part);
  return groups
    .filter((group) => group.some(({ place }) => within(place, 'train')))
    .flat()
    .filter(({ place }) => within(place, 'test')).length;
}

function summary({ record, index, description }: DatasetFacts): Html {
  const bytes = index.images.length * index.imageSize ** 2;
  const { copies, nearCopies, patients } = description;
  const tiles: [string, string | number, string][] = [
    [
      'images',
      index.images.length.toLocaleString('en'),
      `${index.imageSize}×${index.imageSize} grey, ${size(bytes)}`,
    ],
    [
      'groups of copies',
      copies.groups.length,
      `${copies.testInTraining} with images of test and of training`,
    ],
    [
      'families of near-copies',
      nearCopies.groups.length,
      `${nearCopies.testInTraining} with images of test and of training`,
    ],
    [
      'test images seen in training',
      leakedTestImages(nearCopies),
      'as a copy or near-copy, unlabeled images included',
    ],
  ];
  if (index.masks !== undefined)
    tiles.push(['masks', index.masks.images.length, 'of test images, for pixel figures']);
  if (patients !== null) tiles.push(['patients', patients, 'one is in one part only']);
  return html`<header class="summary" id="summary">
  <p class="overline">Dataset</p>
  <h1>${record.name}</h1>
  <p class="facts">added <b>${record.addedAt.slice(0, 10)}</b> · digest <code>${record.digest.slice(0, 12)}</code></p>
  ${record.synthetic && html`<p class="note"><b>Synthetic images.</b> This dataset was made by a generator.</p>`}
  <p class="note"><b>This page holds pictures of images and their names.</b> Treat it as you treat the images themselves. It loads nothing from a network and sends nothing.</p>
  <dl class="tiles">${tiles.map(([name, value, detail]) => html`<div class="tile"><dt>${name}</dt><dd>${value}</dd><dd class="detail">${detail}</dd></div>`)}</dl>
</header>`;
}

/** Bytes as people read them. */
export function size(bytes: number): string {
  const megabytes = bytes / 2 ** 20;
  return megabytes < 1 ? `${(bytes / 1024).toFixed(0)} KiB` : `${megabytes.toFixed(1)} MiB`;
}

function lists({ index, description }: DatasetFacts): Html {
  const patients = description.patients !== null;
  const area = index.imageSize ** 2;
  return html`<section id="lists">
  <h2>Lists</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of lists"><table>
    <thead><tr><th scope="col">list of data.json</th><th scope="col" class="number">images</th><th scope="col" class="number">size</th><th scope="col" class="number">mean grey</th><th scope="col" class="number">standard deviation</th>${patients && html`<th scope="col" class="number">patients</th>`}</tr></thead>
    <tbody>${description.places.map(
      (part) => html`
      <tr data-place="${part.place}"><th scope="row"><code>${part.place}</code></th><td class="number">${part.images.length.toLocaleString('en')}</td><td class="number">${size(part.images.length * area)}</td><td class="number">${part.mean.toFixed(1)}</td><td class="number">${part.deviation.toFixed(1)}</td>${patients && html`<td class="number">${part.patients}</td>`}</tr>`,
    )}</tbody></table></div>
  <p class="caption">Label 0 is normal, 1 abnormal. Grey from 0, black, to 255, over all pixels of a list.</p>
</section>`;
}

function pathologies({ description }: DatasetFacts): Html | null {
  if (description.pathologies.length === 0) return null;
  const places = description.places.map(({ place }) => place);
  return html`<section id="pathologies">
  <h2>Pathologies</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of pathologies"><table>
    <thead><tr><th scope="col">pathology</th>${places.map((place) => html`<th scope="col" class="number"><code>${place}</code></th>`)}</tr></thead>
    <tbody>${description.pathologies.map(
      ({ name, images }) => html`
      <tr data-pathology="${name}"><th scope="row">${name}</th>${places.map((place) => html`<td class="number">${images.get(place) ?? 0}</td>`)}</tr>`,
    )}</tbody></table></div>
  <p class="caption">Images that labels.csv says to show it; an image may show several.</p>
</section>`;
}

function greyLevels({ description }: DatasetFacts): Html {
  // Black and white rims fill the outer bins; the axis ends where the others do.
  const inner = description.places.flatMap(({ levels }) => binShares(levels).slice(1, -1));
  const highest = Math.max(...inner, 0.001) * 1.1;
  return html`<section id="levels">
  <h2>Grey levels</h2>
  <div class="histograms">${description.places.map(
    ({ place, levels }) => html`
    <figure class="card"><figcaption><code>${place}</code> <small>darkest bin ${(100 * binShares(levels)[0]!).toFixed(1)} %</small></figcaption>${levelsChart(place, levels, highest)}</figure>`,
  )}</div>
  <p class="caption">64 bins; one axis for all. The outermost bins, black and white, may reach beyond it.</p>
</section>`;
}

/** What tells normal from abnormal test images without any network; null where there are no labels. */
function withoutNetwork({ record, description }: DatasetFacts): Html | null {
  const all = [...description.separations, ...(record.separations ?? [])];
  if (all.length === 0) return null;
  const much = all.filter(({ auc }) => auc >= suspiciousAuc).map(({ of }) => of);
  return html`<section id="without-network">
  <h2>Without a network</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of what needs no network"><table>
    <thead><tr><th scope="col">by</th><th scope="col" class="number">AUC %</th></tr></thead>
    <tbody>${all.map(
      ({ of, auc }) => html`
      <tr data-alone="${of}"><th scope="row">${of}</th><td class="number">${percent(auc)}</td></tr>`,
    )}</tbody></table></div>
  <p class="caption">Normal against abnormal test images, in whichever direction is better: 50 tells nothing. Size and format are those of the original files.</p>
  ${much.length > 0 && html`<p class="note warning"><b>Trivial?</b> ${inWords(much)} alone ${much.length === 1 ? 'tells' : 'tell'} normal from abnormal; a score no better than that has seen no anomaly.</p>`}
</section>`;
}

/** Normal training images unlike the others by their grey levels, with pictures of the first ones; null where there are none to look at. */
async function outliers(facts: DatasetFacts): Promise<Html | null> {
  const { index, description } = facts;
  if (index.train.length === 0) return null;
  const found = description.outliers;
  const pictured = found.slice(0, shown.outliers).map(({ position }) => position);
  const alt = `${plural(pictured.length, 'normal training image')} unlike the others`;
  return html`<section id="outliers">
  <h2>Unlike the others</h2>
  <p class="caption">Normal training images that are empty, or whose grey levels are far from those of the typical one. Look at them before anything is trained on them.</p>
  ${
    found.length === 0
      ? html`<p>None.</p>`
      : html`<figure class="card sheet"><div class="scroll" tabindex="0" role="region" aria-label="${alt}">${await picture(pictured, facts, { columns: shown.columns, alt })}</div></figure>
  <details${found.length <= shown.columns && html` open`}><summary>${plural(found.length, 'image')} by name</summary><ul class="names">${found.map(
    ({ image, why, distance }) =>
      html`<li>${image} <small>${why === 'empty' ? 'empty' : `${distance.toFixed(0)} grey levels from the typical image`}</small></li>`,
  )}</ul></details>`
  }
</section>`;
}

async function picture(
  positions: readonly number[],
  facts: DatasetFacts,
  { columns, alt }: { columns: number; alt: string },
): Promise<Html> {
  const { pixels, index } = facts;
  const tiled = tilePictures(positions, pixels, index.imageSize, columns);
  const uri = await greyPng(tiled.pixels, tiled.width, tiled.height);
  return html`<img class="tiled" src="${uri}" width="${tiled.width}" height="${tiled.height}" alt="${alt}">`;
}

async function contactSheets(facts: DatasetFacts): Promise<Html> {
  const sheets = await Promise.all(
    facts.description.places.map(async ({ place, images, sample }) => {
      const alt = `${plural(sample.length, 'image')} of ${place}`;
      const names = sample.map((position) => facts.index.images[position]!).join(', ');
      return html`
  <figure class="card sheet"><figcaption><code>${place}</code> <small>${sample.length} of ${images.length.toLocaleString('en')}, drawn at random</small></figcaption>
    <div class="scroll" tabindex="0" role="region" aria-label="${alt}">${await picture(sample, facts, { columns: shown.columns, alt })}</div>
    <details><summary>Names, row by row</summary><p>${names}</p></details></figure>`;
    }),
  );
  return html`<section id="pictures">
  <h2>Pictures</h2>${sheets}
</section>`;
}

const explanations = {
  copies: 'Images with equal pixels before resizing.',
  near: [
    'Images that show the same picture: 256-bit perceptual hashes of the packed pixels (cosine transform, 16×16 lowest',
    `frequencies against their median) differ in at most ${nearCopyLimits.bits} bits from that of another one of the family, and what`,
    `sets both apart from the mean image correlates by ${nearCopyLimits.correlation} at least. Brightness, contrast and compression`,
    'hardly change either. Look at them before believing it.',
  ].join(' '),
} as const;

/** Groups of copies, those of test and training first: the first ones with pictures, all with names. */
async function families(
  facts: DatasetFacts,
  id: keyof typeof explanations,
  title: string,
  { groups, byPlaces }: CopiesDescription,
): Promise<Html> {
  const leaks = (group: CopiesDescription['groups'][number]) =>
    group.some(({ place }) => place.startsWith('test')) &&
    group.some(({ place }) => place.startsWith('train'));
  const sorted = [...groups].sort((a, b) => Number(leaks(b)) - Number(leaks(a)) || b.length - a.length);
  const names = (group: (typeof groups)[number]) =>
    group.map(({ image, place }) => html`<li>${image} <small>${place}</small></li>`);
  const pictured = await Promise.all(
    sorted.slice(0, shown.families).map(async (group, i) => {
      const alt = `group ${i + 1}: ${plural(group.length, 'image')}`;
      const positions = group.slice(0, shown.pictures).map(({ position }) => position);
      return html`
    <li class="card">${await picture(positions, facts, { columns: shown.familyColumns, alt })}<ul class="names" tabindex="0" aria-label="names, ${alt}">${names(group)}</ul></li>`;
    }),
  );
  const rest = sorted.slice(shown.families);
  return html`<section id="${id}">
  <h2>${title}</h2>
  <p class="caption">${explanations[id]}</p>
  ${
    groups.length === 0
      ? html`<p>None.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="${title} by lists"><table><thead><tr><th scope="col">between</th><th scope="col" class="number">groups</th></tr></thead>
    <tbody>${byPlaces.map(({ places, groups: count }) => html`<tr><th scope="row">${places.length === 1 ? `within ${places[0]}` : places.join(', ')}</th><td class="number">${count}</td></tr>`)}</tbody></table></div>
  <ol class="families">${pictured}</ol>
  ${
    rest.length > 0 &&
    html`<details><summary>${plural(rest.length, 'further group')} by name</summary><ol start="${shown.families + 1}">${rest.map((group) => html`<li><ul class="names">${names(group)}</ul></li>`)}</ol></details>`
  }`
  }
</section>`;
}
