import { rmSync } from 'node:fs';
import { run, works } from './commands.ts';

const tools = ['docker', 'podman', 'buildah'] as const;
export type Tool = (typeof tools)[number];

/**
 * What builds images here: CONTAINER_TOOL, else the first of docker, podman and buildah that works (a docker without
 * its daemon does not).
 * @throws where there is none
 */
export function findTool(wanted: string | undefined): Tool {
  const tool = tools.find((name) =>
    wanted ? name === wanted : works(name, name === 'buildah' ? ['images'] : ['info']),
  );
  if (tool === undefined) {
    throw new Error(
      wanted
        ? `CONTAINER_TOOL: expected one of ${tools.join(', ')}, got ${wanted}`
        : `expected one of ${tools.join(', ')} that works (Debian packages docker.io, podman, buildah), got none`,
    );
  }
  return tool;
}

/** @throws where a program is missing that Debian packages are unpacked with */
export function checkPrograms(): void {
  const missing = Object.entries({ ar: 'binutils', xz: 'xz-utils' })
    .filter(([program]) => !works(program, ['--version']))
    .map(([program, debian]) => `${program} is missing: Debian package ${debian}`);
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

/** Builds an image of a directory that holds all of it. */
export function build(
  tool: Tool,
  image: { name: string; file: string; context: string; args: Record<string, string> },
): void {
  const args = Object.entries(image.args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  // Equal content is to be an equal image, so that nothing is pushed or pulled twice.
  const still = tool === 'docker' ? ['--build-arg', 'SOURCE_DATE_EPOCH=0'] : ['--timestamp', '0'];
  const layers = tool === 'docker' ? [] : ['--layers', '--format', 'oci'];
  run(tool, ['build', ...still, ...layers, ...args, '-t', image.name, '-f', image.file, image.context]);
}

/**
 * Writes an image as an archive (OCI; docker's own format by docker), compressed in haste.
 * @param named false: the archive does not say the image's name, as whoever imports it does. Not with docker
 */
export function save(tool: Tool, name: string, path: string, named: boolean): void {
  rmSync(path, { force: true });
  if (tool === 'docker') {
    run('docker', ['save', '-o', path, name]);
    return;
  }
  const fast = ['--compression-format', 'gzip', ...(tool === 'buildah' ? ['--compression-level', '1'] : [])];
  run(tool, ['push', '--quiet', ...fast, name, `oci-archive:${path}${named ? `:${name}` : ''}`]);
}

export function push(tool: Tool, name: string): void {
  run(tool, ['push', name]);
}
