import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { expect } from 'vitest';
import type { SmallDataset } from './small-dataset.ts';
import type { TestCluster } from './test-cluster.ts';

/** Runs and datasets as people make them: by the command line. */
export interface RunCommands {
  /** `ddad run` with an input. @returns the result @throws Error with what the command said instead */
  run(input: object, ...flags: string[]): Promise<RunResult>;
  /** `ddad dataset add` of the small dataset's images, laid out by another data.json where one is given. */
  addDataset(name: string, data?: unknown): Promise<void>;
  /** @returns the path of a file with an input's fields */
  writeInput(value: object): Promise<string>;
}

/** @param scratch where inputs are written */
export function runCommands(cluster: TestCluster, dataset: SmallDataset, scratch: string): RunCommands {
  const writeInput = async (value: object) => {
    const path = join(scratch, 'input.json');
    await writeFile(path, JSON.stringify(value));
    return path;
  };
  return {
    writeInput,
    async run(input, ...flags) {
      const path = await writeInput(input);
      const { code, stdout, stderr } = await cluster.ddad('run', '--input', path, '--json', ...flags);
      if (code !== 0) throw new Error(`ddad run ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as RunResult;
    },
    async addDataset(name, data = dataset.data) {
      await dataset.rewrite(data);
      const { code, stderr } = await cluster.ddad('dataset', 'add', name, dataset.directory);
      expect(stderr).not.toContain('expected');
      expect(code).toBe(0);
    },
  };
}
