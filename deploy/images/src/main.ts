import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, checkPrograms, findTool, push, save } from './builder.ts';
import { type ImageName, imageNames, prepare, withVariants } from './images.ts';
import { here, root } from './places.ts';
import { imagesFile, nameImages } from './registry.ts';
import { type Variant, variants } from './tensorflow-root.ts';

const usage = `node deploy/images/src/main.ts [--variant cpu|cuda] [--registry HOST/PATH] [--tag TAG] [--use] [--save DIRECTORY [--nameless]]
  [IMAGE...]

Builds the images ${imageNames.join(', ')}, or those that are named.
--registry: they are called HOST/PATH/ddad-IMAGE and pushed
--tag: instead of the version in package.json
--use: deploy/k8s takes them from now on
--save: writes them as archives too, DIRECTORY/IMAGE.tar; with --nameless without their names`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    variant: { type: 'string', default: 'cpu' },
    registry: { type: 'string' },
    tag: { type: 'string' },
    use: { type: 'boolean', default: false },
    save: { type: 'string' },
    nameless: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
const unknown = positionals.filter((name) => !(imageNames as string[]).includes(name));
if (values.help || unknown.length > 0 || !(variants as readonly string[]).includes(values.variant)) {
  console.error(usage);
  process.exit(2);
}
const variant = values.variant as Variant;
const wanted = positionals.length > 0 ? (positionals as ImageName[]) : imageNames;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const tag = values.tag || version;
const prefix = values.registry ? `${values.registry.replace(/\/+$/, '')}/ddad-` : 'localhost/ddad-';
checkPrograms();
const tool = findTool(process.env.CONTAINER_TOOL);

for (const image of wanted) {
  const began = performance.now();
  const name = `${prefix}${image}${withVariants.includes(image) ? `-${variant}` : ''}:${tag}`;
  const { context, containerfile } = await prepare(image, version, variant);
  build(tool, {
    name,
    file: join(here, containerfile),
    context,
    args: { TITLE: `ddad-${image}`, VERSION: tag },
  });
  if (values.save !== undefined) save(tool, name, join(values.save, `${image}.tar`), !values.nameless);
  if (values.registry) push(tool, name);
  console.log(`${name} (${tool}, ${((performance.now() - began) / 1000).toFixed(0)} s)`);
}
if (values.use) {
  writeFileSync(imagesFile, nameImages(readFileSync(imagesFile, 'utf8'), prefix, tag));
  console.log(`deploy/k8s takes its images from ${prefix}*:${tag} now`);
}
