import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.ts';

/** Which images deploy/k8s takes: the one place that names them. */
export const imagesFile = join(root, 'deploy/k8s/components/images/kustomization.yaml');

/**
 * Has deploy/k8s take its images from elsewhere, as `kustomize edit set image` does.
 * @param prefix what comes before an image's name, like `registry.example/team/ddad-`
 */
export function nameImages(prefix: string, tag: string): void {
  const before = readFileSync(imagesFile, 'utf8');
  const after = before.replaceAll(
    /^( {2}- \{ name: ddad-([a-z-]+), newName: )[^,]+(, newTag: ")[^"]+/gm,
    (_line, start: string, image: string, middle: string) => `${start}${prefix}${image}${middle}${tag}`,
  );
  writeFileSync(imagesFile, after);
  console.log(`deploy/k8s takes its images from ${prefix}*:${tag} now`);
}
