import { all, byId } from './elements.ts';

/** Buttons that put a piece of code into the clipboard. */
export function copyButtons(): void {
  for (const button of all('button[data-copy]', HTMLButtonElement)) {
    button.hidden = false;
    button.addEventListener('click', () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const source = byId(button.dataset.copy!, HTMLPreElement);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = 'copied';
  } catch {
    // Browsers may refuse a page from a file; what is selected can be copied by hand.
    getSelection()?.selectAllChildren(source);
    button.textContent = 'selected';
  }
  setTimeout(() => {
    button.textContent = 'copy';
  }, 2000);
}
