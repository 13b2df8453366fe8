import type { RunResult } from '@ddad/contract';
import type { Manifest } from '@ddad/storage';
import type { Weights } from './network-blocks.ts';
import type { PipelineFacts } from './pipeline-facts.ts';
import type { WeightSink } from './weight-sinks.ts';

/** A published artifact. */
export interface ArtifactName {
  kind: string;
  key: string;
}

/** Gives an export what it reads of published artifacts; their content is verified. */
export interface ArtifactReader {
  /** @throws where the artifact is not there */
  manifest(artifact: ArtifactName): Promise<Manifest>;
  /** @throws where the artifact is not there, or has no such file of tensors */
  tensors(artifact: ArtifactName, file: string): Promise<Weights>;
}

/** Something cannot be exported. The message says what, and why. */
export class NotExportable extends Error {
  override readonly name = 'NotExportable';
}

/** Where the maps of a run's test images lie, whose colour scale a pipeline's file carries. */
export interface TestMaps extends ArtifactName {
  score: string;
  /** Tensor of the artifact's file `maps`, [T,H,W]. */
  tensor: string;
}

/** A run's whole scorer, ready to be written. */
export interface PipelineExport {
  /** Side of the square images in pixels. */
  imageSize: number;
  /** The method's own, which the file carries beside those that every method's has. */
  facts: Readonly<Record<string, unknown>>;
  /** Scores that the run gives and the model does not, with all that their maps give; absent where it gives all. */
  leftOut?: readonly string[];
  /** Empty where the run had no test images. */
  testMaps: readonly TestMaps[];
  /** Of all weights together. */
  weightBytes: number;
  /** What it is made of, for people: `3 networks`. */
  parts: string;
  /**
   * Writes the model: `images` [N,1,H,W], grey values 0 to 255 as unsigned bytes, to the image scores by their names, [N]
   * each, and the heat maps as `NAME_map`, [N,1,H,W] each.
   * @param facts what the file says of itself
   * @returns the file's content
   * @throws Error that names the tensor, where one is missing
   */
  build(facts: PipelineFacts, sink: WeightSink): Promise<Uint8Array>;
}

/** How a method's networks become ONNX models. */
export interface OnnxExport {
  /**
   * Raise it whenever a file of the same artifacts would be made otherwise: files made before are made again then. What `outputMap`
   * makes of maps has a version of its own.
   */
  version: number;
  /** Kinds of the artifacts that can be exported by themselves. */
  kinds: readonly string[];
  /**
   * One artifact as a model.
   * @param manifest of one of `kinds`
   * @returns the file's content
   * @throws NotExportable
   */
  artifact(manifest: Manifest, reader: ArtifactReader): Promise<Uint8Array>;
  /**
   * A finished run's whole scorer.
   * @throws NotExportable
   */
  pipeline(result: RunResult, reader: ArtifactReader): Promise<PipelineExport>;
}
