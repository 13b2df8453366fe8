import { interpolateCividis, interpolateMagma, interpolateViridis } from 'd3-scale-chromatic';
import { Html, html } from './html.ts';

/** Perceptually even from dark to bright, and readable without seeing red or green. */
export const colourScales = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  magma: interpolateMagma,
};
export type ColourScale = keyof typeof colourScales;
export const colourScaleNames = Object.keys(colourScales) as ColourScale[];

const stops = 32;

/** Red, green and blue in 0..1 at `stops + 1` equal steps. */
function channels(scale: ColourScale): [number[], number[], number[]] {
  const colours = Array.from({ length: stops + 1 }, (_, stop) => {
    const colour = colourScales[scale](stop / stops);
    const rgb = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
    const hex = /^#(..)(..)(..)$/.exec(colour);
    if (rgb !== null) return rgb.slice(1).map(Number);
    if (hex !== null) return hex.slice(1).map((digits) => Number.parseInt(digits, 16));
    throw new Error(`colour scale ${scale}: expected rgb(...) or #rrggbb, got ${colour}`);
  });
  const channel = (at: number) => colours.map((colour) => Number((colour[at]! / 255).toFixed(3)));
  return [channel(0), channel(1), channel(2)];
}

/** `feComponentTransfer` that colours a grey image: the browser does it, so that the PNG keeps the values themselves. */
function colouring(scale: ColourScale, result: string | null): Html {
  const [red, green, blue] = channels(scale).map((values) => values.join(' '));
  return html`<feComponentTransfer in="SourceGraphic"${result === null ? null : new Html(` result="${result}"`)}>
    <feFuncR type="table" tableValues="${red!}"/><feFuncG type="table" tableValues="${green!}"/><feFuncB type="table" tableValues="${blue!}"/>
  </feComponentTransfer>`;
}

/**
 * SVG filters: `scale-NAME` colours a grey image; `above-NAME` also takes away the pixels below the threshold, which the
 * page sets in the elements of class `threshold`, one value for each of the 256 greys.
 */
export function colourFilters(): Html {
  const open = 'color-interpolation-filters="sRGB" x="0" y="0" width="1" height="1"';
  return html`<svg class="filters" width="0" height="0" aria-hidden="true" focusable="false">${colourScaleNames.map(
    (name) => html`
  <filter id="scale-${name}" ${new Html(open)}>${colouring(name, null)}</filter>
  <filter id="above-${name}" ${new Html(open)}>
    <feColorMatrix in="SourceGraphic" values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  1 0 0 0 0" result="value"/>
    <feComponentTransfer in="value" result="mask"><feFuncA class="threshold" type="discrete" tableValues="1"/></feComponentTransfer>
    ${colouring(name, 'coloured')}
    <feComposite in="coloured" in2="mask" operator="in"/>
  </filter>`,
  )}
</svg>`;
}

/** CSS: which filters and which gradient stand for the scale that the root element's `data-scale` names. */
export function colourScaleStyles(): string {
  return colourScaleNames
    .map((name) => {
      const [red, green, blue] = channels(name);
      const colours = red.map(
        (_, at) => `rgb(${[red, green, blue].map((c) => Math.round(c[at]! * 255)).join(' ')})`,
      );
      return `:root[data-scale='${name}'] { --scale: url(#scale-${name}); --above: url(#above-${name}); --gradient: linear-gradient(to right, ${colours.join(', ')}); }`;
    })
    .join('\n');
}
