import { figure } from '../figures.ts';
import { all, byId, type ReadData } from './elements.ts';
import { galleryButtons } from './gallery.ts';

/**
 * The large view: one test image, a heat map over it, sliders for opacity and threshold, the image's scores.
 * @returns what opens it, by an image's place in the gallery, and what gets the focus when it closes
 */
export function imageViewer({
  cases,
  maps,
  side,
  names,
}: ReadData): (place: number, back: HTMLElement) => void {
  if (cases.length === 0) return () => undefined;
  const dialog = byId('viewer', HTMLDialogElement);
  const opacity = byId('viewer-opacity', HTMLInputElement);
  const threshold = byId('viewer-threshold', HTMLInputElement);
  const readout = byId('viewer-readout', HTMLOutputElement);
  const overlay = byId('viewer-map', HTMLImageElement);
  const radios = all('input[name="map"]', HTMLInputElement, dialog);
  const hint = readout.value;
  const buttons = galleryButtons((place) => open(place));
  let shown = 0;
  let back: HTMLElement | null = null;

  /** The chosen heat map and its place, which is that of its picture; null where there are none. */
  const chosenMap = () => {
    const checked = radios.find((radio) => radio.checked)?.value;
    const place = Math.max(
      0,
      maps.findIndex(({ name }) => name === checked),
    );
    const map = maps[place];
    return map === undefined ? null : { ...map, place };
  };
  const picturesOf = (place: number) => {
    const button = buttons[place];
    const [image, ...heat] = button === undefined ? [] : all('img', HTMLImageElement, button);
    return { image, heat };
  };

  function open(place: number, opener: HTMLElement | null = null): void {
    back = opener;
    show(place);
    dialog.showModal();
  }

  function show(place: number): void {
    shown = (place + cases.length) % cases.length;
    const found = cases[shown];
    if (found === undefined) return;
    const { src = '' } = picturesOf(shown).image ?? {};
    byId('viewer-title', HTMLHeadingElement).textContent = `Test image ${found.number}`;
    const name = names?.[found.number - 1];
    const facts = [
      name ?? null,
      found.label === null ? null : found.label === 1 ? 'abnormal' : 'normal',
      `${found.group.toLowerCase()}, ${shown + 1} of ${cases.length} pictures`,
      found.copy ? 'has a copy among the training images' : null,
    ];
    byId('viewer-facts', HTMLParagraphElement).textContent = facts
      .filter((fact) => fact !== null)
      .join(' · ');
    byId('viewer-image', HTMLImageElement).src = src;
    showOutline(found.outline);
    byId('viewer-base', HTMLImageElement).src = src;
    byId('viewer-scores', HTMLTableSectionElement).replaceChildren(
      ...found.scores.map(({ name, value, aboveNormals }) =>
        row([name, figure(value, 4), aboveNormals === null ? '' : `${(aboveNormals * 100).toFixed(1)} %`]),
      ),
    );
    showMap();
  }

  /** Over the image and over its heat map. Nothing where the page has no masks, or the image none. */
  function showOutline(outline: string | undefined): void {
    const box = document.getElementById('viewer-mask');
    if (box === null) return;
    box.hidden = outline === undefined;
    const wanted = byId('viewer-outline', HTMLInputElement).checked;
    for (const svg of all('svg.outline', SVGElement, dialog)) {
      for (const path of all('path', SVGElement, svg)) path.setAttribute('d', outline ?? '');
      svg.classList.toggle('hidden', !wanted);
    }
  }

  function showMap(): void {
    const map = chosenMap();
    if (map === null) return;
    overlay.src = picturesOf(shown).heat[map.place]?.src ?? '';
    overlay.alt = `Heat map ${map.name}`;
    readout.value = hint;
    applySliders();
  }

  function applySliders(): void {
    const map = chosenMap();
    if (map === null) return;
    const grey = Number(threshold.value);
    overlay.style.opacity = String(Number(opacity.value) / 100);
    byId('viewer-opacity-value', HTMLOutputElement).value = `${opacity.value} %`;
    const value = grey === 0 ? 'none' : figure((grey / 255) * map.end, 3);
    byId('viewer-threshold-value', HTMLOutputElement).value = value;
    threshold.setAttribute('aria-valuetext', grey === 0 ? 'none' : `${map.name} at least ${value}`);
    const steps = Array.from({ length: 256 }, (_, at) => (at >= grey ? 1 : 0)).join(' ');
    for (const element of all('.threshold', SVGElement)) element.setAttribute('tableValues', steps);
  }

  const stack = byId('viewer-stack', HTMLDivElement);
  stack.addEventListener('pointermove', (event) => {
    const map = chosenMap();
    if (map === null) return;
    const box = stack.getBoundingClientRect();
    const at = (offset: number, length: number) =>
      Math.min(side - 1, Math.max(0, Math.floor((offset / length) * side)));
    const [x, y] = [at(event.clientX - box.left, box.width), at(event.clientY - box.top, box.height)];
    const grey = greyAt(overlay, side, x, y);
    const value = `${figure((grey / 255) * map.end, 3)}${grey === 255 ? ' or more' : ''}`;
    readout.value = `${map.name} ${value} at column ${x + 1}, row ${y + 1}`;
  });
  stack.addEventListener('pointerleave', () => {
    readout.value = hint;
  });
  document
    .getElementById('viewer-outline')
    ?.addEventListener('change', () => showOutline(cases[shown]?.outline));
  for (const radio of radios) radio.addEventListener('change', showMap);
  for (const slider of [opacity, threshold]) slider.addEventListener('input', applySliders);
  for (const button of all('[data-step]', HTMLButtonElement, dialog)) {
    button.addEventListener('click', () => show(shown + Number(button.dataset.step)));
  }
  for (const button of all('[data-close]', HTMLButtonElement, dialog)) {
    button.addEventListener('click', () => dialog.close());
  }
  dialog.addEventListener('keydown', (event) => {
    // Sliders and radio buttons have arrow keys of their own.
    if (event.target instanceof HTMLInputElement) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(shown + step);
  });
  // A click beside the view closes it.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  // Back to where the reader has come to, which need not be where they began.
  dialog.addEventListener('close', () => (back ?? buttons[shown])?.focus());
  return open;
}

const read = new WeakMap<HTMLImageElement, { src: string; greys: Uint8ClampedArray }>();

/** The byte of a grey image's pixel. */
function greyAt(image: HTMLImageElement, side: number, x: number, y: number): number {
  let found = read.get(image);
  if (found?.src !== image.src) {
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0, side, side);
    found = { src: image.src, greys: context.getImageData(0, 0, side, side).data };
    read.set(image, found);
  }
  return found!.greys[(y * side + x) * 4]!;
}

function row(cells: readonly string[]): HTMLTableRowElement {
  const element = document.createElement('tr');
  for (const [column, text] of cells.entries()) {
    const cell = document.createElement(column === 0 ? 'th' : 'td');
    if (column === 0) cell.setAttribute('scope', 'row');
    else cell.className = 'number';
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}
