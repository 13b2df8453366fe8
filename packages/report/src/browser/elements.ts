import { decodeFloats } from '../float-text.ts';
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

/** The page's data with its numbers as numbers. */
export interface ReadData extends Omit<PageData, 'scores' | 'heldOut'> {
  scores: Record<string, Float32Array>;
  heldOut: Record<string, Float32Array>;
  /** Of all test images; null where the page was made without them. */
  names: string[] | null;
}

export function readPageData(): ReadData {
  const { scores, heldOut, ...data } = JSON.parse(
    byId(dataElements.page, HTMLScriptElement).text,
  ) as PageData;
  const names = document.getElementById(dataElements.names)?.textContent ?? 'null';
  const decoded = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, decodeFloats(text)]));
  return {
    ...data,
    scores: decoded(scores),
    heldOut: decoded(heldOut),
    names: JSON.parse(names) as string[] | null,
  };
}
