import type { Manifest } from '@ddad/storage';

/** A published artifact as a maker finds it. */
export interface MakerInput {
  manifest: Manifest;
  /** Paths of the files that the kind asks for, by name; their content is verified. */
  files: Record<string, string>;
}

/** What a job's process is given: one artifact to make. JSON. */
export interface MakeTask<Spec extends object = object> {
  kind: string;
  key: string;
  spec: Spec;
  /** By the names of the kind's `needs`. */
  inputs: Record<string, MakerInput>;
  /** Path of the packed dataset's pixels; null where the kind reads none. */
  pixels: string | null;
  /** Path of the packed dataset's index; null where the kind reads none. */
  index: string | null;
  /** Path of the masks of the dataset's test images; absent where the kind reads none, or the dataset has none. */
  masks?: string;
  /** Positions in the packed dataset of the images that the artifact is about, in order. */
  images: number[];
  /** Scratch directory of this job. */
  directory: string;
  /** Path of the checkpoint to go on from. */
  checkpoint: string | null;
  /** Intra-op threads, for the manifest; TensorFlow has them from its environment. */
  threads: number;
  /** Steps a call into TensorFlow; default by the device. Decides no bytes. */
  stepsACall?: number;
  /** Modules of further methods, for the process to load. */
  methods: string[];
}

/** The path of a file that a kind's `needs` name. @throws where the kind asks for none such: a defect of the method */
export function inputFile(task: Pick<MakeTask, 'kind' | 'inputs'>, name: string, file: string): string {
  const path = task.inputs[name]?.files[file];
  if (path === undefined) throw new RangeError(`${task.kind}: expected an input ${name} with a file ${file}`);
  return path;
}
