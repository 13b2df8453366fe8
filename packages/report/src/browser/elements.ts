import { dataElements, type PageData } from '../page-data.ts';

/** The element of an id, which the page is known to have. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`#${id}: expected ${type.name}, got ${found}`);
  return found;
}

export function all<T extends Element>(
  selector: string,
  type: new () => T,
  within: ParentNode = document,
): T[] {
  return [...within.querySelectorAll(selector)].filter((element): element is T => element instanceof type);
}

export function readPageData(): PageData {
  return JSON.parse(byId(dataElements.page, HTMLScriptElement).text) as PageData;
}
