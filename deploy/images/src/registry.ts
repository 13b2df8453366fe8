import { join } from 'node:path';
import { root } from './places.ts';

/** Which images deploy/k8s takes: the one place that names them. */
export const imagesFile = join(root, 'deploy/k8s/components/images/kustomization.yaml');

/**
 * The content of that file with images from elsewhere, as `kustomize edit set image` does it.
 * @param prefix what comes before an image's name, like `registry.example/team/ddad-`
 */
export function nameImages(text: string, prefix: string, tag: string): string {
  return text.replaceAll(
    /^( {2}- \{ name: ddad-([a-z-]+), newName: )[^,]+(, newTag: ")[^"]+/gm,
    (_line, start: string, image: string, middle: string) => `${start}${prefix}${image}${middle}${tag}`,
  );
}
