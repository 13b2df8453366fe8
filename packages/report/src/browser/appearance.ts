import { all, byId } from './elements.ts';

/** Dark or light, where the reader wants another than the system's. Remembered where the browser allows a file to. */
export function chooseTheme(): void {
  const select = byId('theme', HTMLSelectElement);
  select.closest('label')!.hidden = false;
  const apply = () => {
    document.documentElement.dataset.theme = select.value;
  };
  select.value = recall() ?? '';
  apply();
  select.addEventListener('change', () => {
    apply();
    remember(select.value);
  });
}

/** The colours of all heat maps. */
export function chooseColourScale(): void {
  for (const select of all('#colour-scale', HTMLSelectElement)) {
    select.addEventListener('change', () => {
      document.documentElement.dataset.scale = select.value;
    });
  }
}

const place = 'ddad-report-theme';

function recall(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    // Some browsers give a file no storage; the choice then lasts as long as the page.
    return null;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(place, theme);
  } catch {
    // As above.
  }
}
