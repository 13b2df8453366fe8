import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from './commands.ts';
import { npmModules } from './npm-modules.ts';
import { root } from './places.ts';

interface Workspace {
  /** Below the checkout. */
  path: string;
  name: string;
  dependencies: string[];
}

/**
 * Lays out a service: its npm packages without those for development, and the sources of ours that it uses.
 * @param directories `modules` gets app/node_modules, `sources` gets the rest of app/; app/main.ts starts the service
 * @param paths workspaces, below the checkout; the first one is the service
 * @returns npm's list of what it installed, as a lock file
 */
export function makeServiceRoot(
  directories: { modules: string; sources: string },
  paths: readonly string[],
): string {
  const all = workspaces();
  const wanted = closure(all, paths);
  const modules = npmModules(
    paths,
    all.map(({ path }) => path),
  );
  mkdirSync(join(directories.modules, 'app'), { recursive: true });
  run('cp', ['-a', '--link', modules, join(directories.modules, 'app/node_modules')]);

  const app = join(directories.sources, 'app');
  for (const { path } of wanted) copySources(path, join(app, path));
  cpSync(join(root, 'LICENSE'), join(app, 'LICENSE'));
  // Node reads it for the type of a module.
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(`${paths[0]}/src/main.ts`, join(app, 'main.ts'));
  return readFileSync(join(modules, '.package-lock.json'), 'utf8');
}

function workspaces(): Workspace[] {
  const { workspaces: patterns } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  return patterns
    .flatMap((pattern) => globSync(join(root, pattern, 'package.json')))
    .map((file) => {
      const { name, dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
        name: string;
        dependencies?: Record<string, string>;
      };
      return { path: relative(root, dirname(file)), name, dependencies: Object.keys(dependencies) };
    });
}

/** The workspaces at these paths and those of ours that they need. */
function closure(all: readonly Workspace[], paths: readonly string[]): Workspace[] {
  const found = new Set<Workspace>();
  const add = (workspace: Workspace | undefined) => {
    if (workspace === undefined || found.has(workspace)) return;
    found.add(workspace);
    for (const name of workspace.dependencies) add(all.find((candidate) => candidate.name === name));
  };
  for (const path of paths) {
    const workspace = all.find((candidate) => candidate.path === path);
    if (workspace === undefined) throw new Error(`expected a workspace at ${path}, got none`);
    add(workspace);
  }
  return [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Copies a workspace without tests. */
function copySources(path: string, target: string): void {
  cpSync(join(root, path), target, {
    recursive: true,
    filter: (source) =>
      !/(\/node_modules|\.testing\.ts|\.test\.ts|\/histories|\/testing(-[a-z]+)?\.ts)$/.test(source),
  });
  const left = readdirSync(target, { recursive: true }).length;
  if (left < 2) throw new Error(`${path}: expected sources, got none`);
}
