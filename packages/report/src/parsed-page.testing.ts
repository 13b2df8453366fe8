import { parseHTML } from 'linkedom';
import { buildReport } from './build-report.ts';
import { dataElements, type PageData } from './page-data.ts';

/** Ids of the sections that a page of labelled test images has, in their order. */
export const sections = [
  'scores',
  'curves',
  'histograms',
  'gallery',
  'images',
  'k-curve',
  'members',
  'repeat',
];

/** A run's page, parsed. */
export async function page(data: Parameters<typeof buildReport>[0]) {
  const text = await buildReport(data);
  const { document } = parseHTML(text);
  const json = (id: string): unknown => JSON.parse(document.getElementById(id)!.textContent);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map((element) => element.textContent.trim());
  return {
    text,
    document,
    texts,
    result: json(dataElements.result),
    data: json(dataElements.page) as PageData,
  };
}
