import type { MemberSpec } from '@ddad/contract';

/** What a training process is given. */
export interface MemberTask {
  spec: MemberSpec;
  /** Path of the packed dataset's pixels. */
  pixels: string;
  /** Positions of the training images, in training order. */
  images: number[];
  /** Scratch directory of this job. */
  directory: string;
  /** Path of the checkpoint to go on from. */
  checkpoint: string | null;
  /** Intra-op threads, for the manifest; TensorFlow has them from its environment. */
  threads: number;
  /** Steps a call; default by the device. Decides no bytes. */
  stepsACall?: number | undefined;
  /** Bytes of images up to which they lie on the device, else every batch is fed; default by the device. Decides no bytes. */
  residentBytes?: number;
}
