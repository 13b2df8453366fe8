import type { Fault, Pathology } from '@ddad/contract';
import { quoted } from '../image-list.ts';
import { pathologyLimits as limits } from '../pathologies.ts';
import type { ListedImage } from '../repartition.ts';
import type { Kind } from './layout.ts';

/** Folders that a fault names. */
const shown = 8;

/**
 * Pathologies by the names of folders: what the labels.csv says that `labelsCsvOf` writes, with faults that name folders, each once.
 * @param images all that are listed
 */
export function kindPathologies(
  kinds: readonly Kind[],
  images: readonly ListedImage[],
): { pathologies: Pathology[]; faults: Fault[] } {
  const positions = new Map(images.map(({ name }, position) => [name, position]));
  const faults: Fault[] = [];
  const spellings = new Map<string, { name: string; folder: string }>();
  const found = new Map<string, number[]>();
  for (const kind of kinds) {
    const folder = folderOf(kind);
    // As cells of a CSV are read.
    const name = kind.name.trim();
    const fault = (expected: string, came: string) =>
      faults.push({ path: folder, message: `expected ${expected}, got ${came} (${remedy})` });
    const spelling = spellings.get(name.toLowerCase()) ?? { name, folder };
    spellings.set(name.toLowerCase(), spelling);
    if (name === '') fault('a name of a pathology', 'spaces alone');
    else if (name.length > limits.nameLength)
      fault(`a name of a pathology, of at most ${limits.nameLength} characters`, `${name.length}`);
    // scores.csv sets several of one image apart by it.
    else if (name.includes(';')) fault('a name of a pathology, without ";"', quoted(name));
    else if (spelling.name !== name)
      fault(
        'one spelling of a pathology',
        `${quoted(name)}, and ${quoted(spelling.name)} of ${spelling.folder}`,
      );
    const at = kind.images.flatMap((image) => positions.get(image) ?? []);
    found.set(name, [...(found.get(name) ?? []), ...at]);
  }
  if (found.size > limits.names) {
    const folders = kinds.map(folderOf);
    const more = folders.length > shown ? ` and ${folders.length - shown} more` : '';
    const came = `${found.size}: ${folders.slice(0, shown).map(quoted).join(', ')}${more}`;
    const message = `expected at most ${limits.names} names of pathologies, got ${came} (${remedy})`;
    faults.push({ path: 'folders of abnormal images', message });
  }
  const pathologies = [...found]
    .map(([name, some]) => ({ name, images: some.sort((a, b) => a - b) }))
    .filter(({ images: some }) => some.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { pathologies, faults };
}

const remedy = 'a labels.csv says what images show in place of folders';

/** Where a kind lies, with a slash at its end. */
function folderOf({ name, images: [first = ''] }: Kind): string {
  const folder = `/${name}/`;
  const at = `/${first}`.indexOf(folder);
  return at < 0 ? `${name}/` : first.slice(0, at + folder.length - 1);
}
