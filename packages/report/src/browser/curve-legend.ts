import { all } from './elements.ts';

/** Boxes that show and hide a score's curves. */
export function curveLegend(): void {
  for (const box of all('input[data-curve]', HTMLInputElement)) {
    const lines = () => all(`.curves figure [data-mark="${box.dataset.curve}"]`, SVGElement);
    box.addEventListener('change', () => {
      for (const line of lines()) line.closest('g')!.classList.toggle('unshown', !box.checked);
    });
    const label = box.closest('label')!;
    const emphasise = (on: boolean) => {
      for (const line of lines()) line.classList.toggle('emphasised', on);
    };
    label.addEventListener('pointerenter', () => emphasise(true));
    label.addEventListener('pointerleave', () => emphasise(false));
  }
}
