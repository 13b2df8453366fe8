import { type Html, html } from '../html.ts';
import type { ScoreLook } from '../score-looks.ts';

/**
 * The large view of one test image, which the page's script fills.
 * @param maps the heat maps that there are; the last is shown first
 * @param masks whether any image has a mask
 * @param side of the images in pixels
 */
export function viewer(
  maps: readonly Pick<ScoreLook, 'name' | 'symbol'>[],
  { masks, side }: { masks: boolean; side: number },
): Html {
  const outline =
    masks &&
    html`<svg class="outline" viewBox="0 0 ${side} ${side}" aria-hidden="true"><path class="rim" d=""></path><path d=""></path></svg>`;
  const chosen = maps.at(-1)?.name;
  const without = maps.length === 0 && html` hidden`;
  return html`<dialog id="viewer" aria-labelledby="viewer-title">
  <div class="viewer">
    <header>
      <h2 id="viewer-title"></h2><p id="viewer-facts"></p>
      <div class="buttons"><button type="button" data-step="-1" aria-keyshortcuts="ArrowLeft">← previous</button><button type="button" data-step="1" aria-keyshortcuts="ArrowRight">next →</button>
        <button type="button" data-close aria-label="Close" aria-keyshortcuts="Escape">✕</button></div>
    </header>
    <div class="pictures">
      <figure><div class="outlined"><img id="viewer-image" alt="The test image">${outline}</div><figcaption>image</figcaption></figure>
      <figure${without}><div class="stack" id="viewer-stack"><img id="viewer-base" alt=""><img id="viewer-map" alt="">${outline}</div><figcaption><output id="viewer-readout">heat map over image</output></figcaption></figure>
    </div>
    <div class="controls">
      <div class="map-controls"${without}>
      <fieldset class="maps"><legend>Heat map</legend>${maps.map(
        ({ name, symbol }) =>
          html`<label><input type="radio" name="map" value="${name}"${name === chosen && html` checked`}><span>${symbol}</span></label>`,
      )}</fieldset>
      <div class="slider"><label for="viewer-opacity">Opacity</label><input type="range" id="viewer-opacity" min="0" max="100" value="65"><output for="viewer-opacity" id="viewer-opacity-value"></output></div>
      <div class="slider"><label for="viewer-threshold">Threshold</label><div class="with-scale"><input type="range" id="viewer-threshold" min="0" max="255" value="0"><span class="scale"></span></div><output for="viewer-threshold" id="viewer-threshold-value"></output></div>
      </div>
      ${masks && html`<p class="mask-control" id="viewer-mask"><label><input type="checkbox" id="viewer-outline" checked> Outline of the mask</label></p>`}
      <table><thead><tr><th scope="col">score</th><th scope="col" class="number">value</th><th scope="col" class="number above">above normals</th></tr></thead><tbody id="viewer-scores"></tbody></table>
      <p class="caption">← → other images · Esc closes${maps.length > 0 && ' · pixels below the threshold are clear'}</p>
    </div>
  </div>
</dialog>`;
}
