import { artifactKey, type KindDefinition } from '@ddad/contract';
import type { MakerInput, MakeTask } from '@ddad/jobs';
import type { Manifest } from '@ddad/storage';

/** What a job's process is given for an artifact; without changes it has one thread, and no images or inputs. */
export function taskOf<Spec extends object>(
  kind: KindDefinition<Spec>,
  spec: Spec,
  change: Partial<MakeTask<Spec>> & { directory: string },
): MakeTask<Spec> {
  return {
    kind: kind.kind,
    key: artifactKey(spec),
    spec,
    inputs: {},
    pixels: null,
    index: null,
    images: [],
    checkpoint: null,
    threads: 1,
    methods: [],
    ...change,
  };
}

/** A published artifact with these files; what else its manifest says nobody looks at. */
export function inputOf(kind: string, spec: object, files: Record<string, string>): MakerInput {
  const manifest: Manifest = {
    format: 1,
    kind,
    key: artifactKey(spec),
    spec,
    files: {},
    loss: null,
    seconds: 1,
    worker: 'tester',
    finishedAt: '2026-01-01T00:00:00.000Z',
    environment: {},
  };
  return { manifest, files };
}
