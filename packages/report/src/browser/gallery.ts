import { all } from './elements.ts';

/** The gallery's buttons; arrow keys go from one to the next. @param open shows a case, by its place in the gallery */
export function galleryButtons(open: (place: number) => void): HTMLButtonElement[] {
  const buttons = all('button.case', HTMLButtonElement);
  buttons.forEach((button, place) => {
    button.addEventListener('click', () => open(place));
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const next = step === undefined ? undefined : buttons[place + step];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    });
  });
  return buttons;
}
