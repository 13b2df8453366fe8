import { jsonElement } from './html.ts';
import { dataElements } from './page-data.ts';

/** Where a page has room for the names of its test images; pages are made without them. */
export function roomForNames(): ReturnType<typeof jsonElement> {
  return jsonElement(dataElements.names, null);
}

/**
 * A report's page with the names of its test images, for whoever may see them.
 * @param names in the order of scores.csv
 * @returns null where the page has no room for them: it was made before pages listed all test images
 */
export function withNames(page: string, names: readonly string[]): string | null {
  const room = roomForNames().text;
  const at = page.lastIndexOf(room);
  if (at === -1) return null;
  return page.slice(0, at) + jsonElement(dataElements.names, names).text + page.slice(at + room.length);
}
