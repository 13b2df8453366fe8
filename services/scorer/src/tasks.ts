import type { KCurveSpec, MapSpec, RefinerInput, RefinerSpec } from '@ddad/contract';

/** Files of the frozen members, by index. */
export interface EnsembleFiles {
  ndm: string[];
  /** Empty where no UDM is wanted. */
  udm: string[];
}

/** Computes score maps. */
export interface MapTask {
  type: 'map';
  spec: MapSpec;
  members: EnsembleFiles;
  pixels: string;
  /** Positions of the images. */
  images: number[];
  directory: string;
  threads: number;
}

/** Scores the test images with subsets of the members. */
export interface KCurveTask extends Omit<MapTask, 'type' | 'spec'> {
  type: 'k-curve';
  spec: KCurveSpec;
}

/** Trains an ASR-Net. */
export interface RefineTask {
  type: 'refine';
  spec: RefinerSpec;
  members: EnsembleFiles;
  pixels: string;
  /** Positions of the normal training images. */
  images: number[];
  directory: string;
  checkpoint: string | null;
  threads: number;
  /** Steps a call; default by the device. Decides no bytes. */
  stepsACall?: number | undefined;
}

/** Refines score maps with a trained ASR-Net. */
export interface ApplyTask {
  type: 'apply';
  input: RefinerInput;
  imageSize: number;
  /** The refiner's weights. */
  refiner: string;
  /** The maps artifact's file of that name. */
  maps: string;
  directory: string;
  threads: number;
}

export type ScorerTask = MapTask | KCurveTask | RefineTask | ApplyTask;
