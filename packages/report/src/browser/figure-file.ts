import { all } from './elements.ts';

/** What of a style sheet shows in a chart: a file has no style sheet. */
const looks = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
];
/** Of a line of the legend, in units of the chart. */
const lineHeight = 18;
/** Pixels of a PNG for one of the chart: sharp on paper. */
const enlarged = 3;

/** A chart as a file of its own, as the page shows it, with a legend of the curves that are shown. */
export function figureSvg(chart: SVGSVGElement): string {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const [originals, copies] = [all('*', SVGElement, chart), all('*', SVGElement, copy)];
  const hidden: SVGElement[] = [];
  for (const [place, original] of originals.entries()) {
    const style = getComputedStyle(original);
    if (style.display === 'none') hidden.push(copies[place]!);
    for (const attribute of ['class', 'style']) copies[place]!.removeAttribute(attribute);
    for (const look of looks) {
      const value = style.getPropertyValue(look);
      if (value !== '') copies[place]!.setAttribute(look, value);
    }
  }
  for (const element of hidden) element.remove();
  const { width, height } = chart.viewBox.baseVal;
  const entries = legendOf(chart);
  const whole = height + lineHeight * entries.length;
  copy.removeAttribute('class');
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `0 0 ${width} ${whole}`);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(whole));
  copy.setAttribute('font-family', 'sans-serif');
  copy.setAttribute('font-size', '11');
  const surface = getComputedStyle(chart.closest('.card') ?? document.body).backgroundColor;
  copy.prepend(element('rect', { width, height: whole, fill: surface }));
  const ink = getComputedStyle(document.body).color;
  for (const [place, { name, colour, dashes }] of entries.entries()) {
    const y = height + lineHeight * (place + 0.5);
    const text = element('text', { x: 56, y: y + 4, fill: ink, 'text-anchor': 'start' });
    text.textContent = name;
    const line = {
      x1: 20,
      x2: 48,
      y1: y,
      y2: y,
      stroke: colour,
      'stroke-width': 2,
      'stroke-dasharray': dashes,
    };
    copy.append(element('line', line), text);
  }
  return new XMLSerializer().serializeToString(copy);
}

/** The same as a picture. */
export async function figurePng(chart: SVGSVGElement): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(figureSvg(chart))}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width * enlarged, image.height * enlarged);
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await canvas.convertToBlob({ type: 'image/png' });
}

/** Lines with a name that are shown, each once. */
function legendOf(chart: SVGSVGElement): { name: string; colour: string; dashes: string }[] {
  const found = new Map<string, { name: string; colour: string; dashes: string }>();
  for (const path of all('path[data-mark]', SVGPathElement, chart)) {
    const { stroke, strokeDasharray, display } = getComputedStyle(path);
    const group = path.closest('g');
    const shown = display !== 'none' && (group === null || getComputedStyle(group).display !== 'none');
    const name = path.dataset.mark!;
    if (!shown || stroke === 'none' || found.has(name)) continue;
    found.set(name, { name, colour: stroke, dashes: strokeDasharray });
  }
  return [...found.values()];
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}
