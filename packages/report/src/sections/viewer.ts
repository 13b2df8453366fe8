import { type Html, html } from '../html.ts';
import { type MapName, mapNames } from '../report-data.ts';
import { scoreNaming } from '../score-names.ts';

/** The large view of one test image, which the page's script fills. */
export function viewer(maps: readonly MapName[]): Html {
  const shown = mapNames.filter((name) => maps.includes(name));
  const chosen = shown.at(-1);
  return html`<dialog id="viewer" aria-labelledby="viewer-title">
  <div class="viewer">
    <header>
      <h2 id="viewer-title"></h2><p id="viewer-facts"></p>
      <div class="buttons"><button type="button" data-step="-1" aria-keyshortcuts="ArrowLeft">← previous</button><button type="button" data-step="1" aria-keyshortcuts="ArrowRight">next →</button>
        <button type="button" data-close aria-label="Close" aria-keyshortcuts="Escape">✕</button></div>
    </header>
    <div class="pictures">
      <figure><img id="viewer-image" alt="The test image"><figcaption>image</figcaption></figure>
      <figure><div class="stack" id="viewer-stack"><img id="viewer-base" alt=""><img id="viewer-map" alt=""></div><figcaption><output id="viewer-readout">heat map over image</output></figcaption></figure>
    </div>
    <div class="controls">
      <fieldset class="maps"><legend>Heat map</legend>${shown.map(
        (name) =>
          html`<label><input type="radio" name="map" value="${name}"${name === chosen && html` checked`}><span>${scoreNaming[name].symbol}</span></label>`,
      )}</fieldset>
      <div class="slider"><label for="viewer-opacity">Opacity</label><input type="range" id="viewer-opacity" min="0" max="100" value="65"><output for="viewer-opacity" id="viewer-opacity-value"></output></div>
      <div class="slider"><label for="viewer-threshold">Threshold</label><div class="with-scale"><input type="range" id="viewer-threshold" min="0" max="255" value="0"><span class="scale"></span></div><output for="viewer-threshold" id="viewer-threshold-value"></output></div>
      <table><thead><tr><th scope="col">score</th><th scope="col" class="number">value</th><th scope="col" class="number above">above normals</th></tr></thead><tbody id="viewer-scores"></tbody></table>
      <p class="caption">← → other images · Esc closes · pixels below the threshold are clear</p>
    </div>
  </div>
</dialog>`;
}
