// Declarations that the packages do not bring; of what is used only.

/** Where a module's own messages go. */
interface ModuleOptions {
  print(text: string): void;
  printErr(text: string): void;
}

interface WasmCodec {
  /** Room for the coded frame in the module's memory. */
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  /** Valid until `delete`. */
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  export interface JpegLsDecoder extends WasmCodec {
    /** 0: colours one after another; 1, 2: by pixel. */
    getInterleaveMode(): number;
  }
  export default function load(options: ModuleOptions): Promise<{ JpegLSDecoder: new () => JpegLsDecoder }>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  export default function load(options: ModuleOptions): Promise<{ J2KDecoder: new () => WasmCodec }>;
}

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  export interface HighThroughputEncoder {
    /** Room for the pixels in the module's memory. */
    getDecodedBuffer(frame: {
      width: number;
      height: number;
      bitsPerSample: number;
      componentCount: number;
      isSigned: boolean;
      isUsingColorTransform: boolean;
    }): Uint8Array;
    setQuality(reversible: boolean, quantisation: number): void;
    encode(): void;
    /** Valid until `delete`. */
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export default function load(options: ModuleOptions): Promise<{
    HTJ2KDecoder: new () => WasmCodec;
    HTJ2KEncoder: new () => HighThroughputEncoder;
  }>;
}

declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    /** What is being read; `index` counts bytes, beyond the end too. */
    stream: { index: number } | null;
    decode(
      buffer: ArrayBuffer,
      offset: number,
      length: number,
      bytesPerSample?: number,
    ): Uint8Array | Uint16Array;
  }
}
