/** Makes score maps of images, in batches of a fixed size. Owns TensorFlow memory until it is disposed of. */
export interface MapMaker {
  batchSize: number;
  /**
   * @param batch pixels of a batch in [-1,1]
   * @param goesOn asked after every step of the work
   * @returns maps under `map.NAME`, [N,H,W,1], and image scores, [N], under their names; null where `goesOn` says no
   */
  make(batch: Float32Array, goesOn: () => Promise<boolean>): Promise<Record<string, Float32Array> | null>;
  dispose(): void;
}
