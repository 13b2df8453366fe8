import { mainScore } from '@ddad/contract';
import { colourFilters } from './colour-scales.ts';
import { encodeFloats } from './float-text.ts';
import { greyAlone } from './grey-alone.ts';
import { type Html, html, jsonElement } from './html.ts';
import { roomForNames } from './image-names.ts';
import { dataElements, type PageData } from './page-data.ts';
import { pageShell } from './page-shell.ts';
import type { ReportData, TestImages } from './report-data.ts';
import { presentScores } from './score-looks.ts';
import { curves } from './sections/curves.ts';
import { gallery } from './sections/gallery.ts';
import { histograms } from './sections/histograms.ts';
import { imageTable } from './sections/image-table.ts';
import { kCurve } from './sections/k-curve.ts';
import { members } from './sections/members.ts';
import { pathologies } from './sections/pathologies.ts';
import { pixelTruth } from './sections/pixel-truth.ts';
import { repeat } from './sections/repeat.ts';
import { scoresTable } from './sections/scores-table.ts';
import { summary } from './sections/summary.ts';
import { thresholds } from './sections/thresholds.ts';
import { viewer } from './sections/viewer.ts';

/**
 * A run's report as one HTML page that needs nothing else: no network, no other file. Names of images are not in it.
 * @throws RangeError listing what does not fit together in the data of the test images
 */
export async function buildReport(data: ReportData): Promise<string> {
  const { result, test, heading } = data;
  if (test !== null) checkTestImages(test);
  const pictures = await gallery(data);
  // What files alone tell stands beside what grey levels alone do, where there are labels to tell.
  const ofGrey = test === null ? [] : await greyAlone(test);
  const alone = ofGrey.length === 0 ? [] : [...ofGrey, ...(data.separations ?? [])];
  const sections: [id: string, title: string, section: Html | null][] = [
    ['scores', 'Scores', scoresTable(data, alone)],
    ['pathologies', 'Pathologies', pathologies(data)],
    ['thresholds', 'Held-out normals', thresholds(data)],
    ['pixel-truth', 'Pixel truth', pixelTruth(data)],
    ['curves', 'Curves', curves(data)],
    ['histograms', 'Histograms', histograms(data)],
    ['gallery', 'Gallery', pictures?.section ?? null],
    ['images', 'Images', imageTable(data)],
    ['k-curve', 'Ensemble size', kCurve(data)],
    ['members', result.members.length > 0 ? 'Members' : 'Training', members(data)],
    ['repeat', 'Repeat', repeat(data)],
  ];
  const shown = sections.filter(([, , section]) => section !== null);
  const pageData: PageData = {
    ...imageData(data),
    cases: pictures?.data.cases ?? [],
    maps: pictures?.data.maps ?? [],
    side: test?.side ?? 0,
  };
  return pageShell({
    title: `${result.dataset}: ${heading.run}, seed ${result.seed} — DDAD report`,
    sections: shown.map(([id, title]) => ({ id, title })),
    content: html`${summary(data)}
<noscript><p class="note">Without JavaScript the enlarged view, the operating point and the choices of colours are missing.</p></noscript>
${shown.map(([, , section]) => section)}`,
    footer: html`Made by DDAD from <code>${result.files.report}</code>. Figures of the run's result are those of report.json, which this page holds.`,
    after: html`${pictures && viewer(pictures.shown, { masks: pictures.data.cases.some(({ outline }) => outline !== undefined), side: test?.side ?? 0 })}
${colourFilters()}
${jsonElement(dataElements.result, result)}
${jsonElement(dataElements.page, pageData)}
${roomForNames()}`,
  });
}

function imageData({
  result,
  definitions,
  test,
  heldOut = {},
}: ReportData): Omit<PageData, 'cases' | 'maps' | 'side'> {
  // With all their digits: a rounded one may be less than itself, and an image that scores as high lie above it.
  const thresholds = Object.entries(result.calibration?.thresholds ?? {}).map(
    ([name, { threshold }]) => [name, threshold] as const,
  );
  const found = test?.scores ?? {};
  const names = presentScores(definitions, found).map(({ name }) => name);
  const encoded = (values: Readonly<Record<string, ArrayLike<number>>>) =>
    Object.fromEntries(
      names.flatMap((name) => (values[name] === undefined ? [] : [[name, encodeFloats(values[name])]])),
    );
  return {
    scores: encoded(found),
    labels: test?.labels === null || test === null ? null : [...test.labels],
    pathologies: (test?.pathologies ?? []).map(({ name, images }) => ({ name, images: [...images] })),
    main: mainScore(definitions, found),
    thresholds: Object.fromEntries(thresholds),
    heldOut: encoded(heldOut),
  };
}

function checkTestImages({ labels, copies, scores, side, maps }: TestImages): void {
  const count = copies.length;
  const faults: string[] = [];
  const check = (what: string, got: number) => {
    if (got !== count) faults.push(`${what}: expected ${count} for ${count} test images, got ${got}`);
  };
  if (labels !== null) check('labels', labels.length);
  for (const [name, values] of Object.entries(scores)) check(`scores ${name}`, values.length);
  const expected = [count, side, side].join(', ');
  for (const [name, { shape }] of Object.entries(maps)) {
    if (shape.join(', ') !== expected) {
      faults.push(`maps ${name}: expected shape [${expected}], got [${shape.join(', ')}]`);
    }
  }
  if (faults.length > 0) throw new RangeError(faults.join('; '));
}
