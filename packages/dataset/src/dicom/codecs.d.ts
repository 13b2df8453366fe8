// Declarations that the packages do not bring; of what is used only.

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  /** Where the module's own messages go. */
  interface ModuleOptions {
    print(text: string): void;
    printErr(text: string): void;
  }
  export interface JpegLsDecoder {
    /** Room for the coded frame in the module's memory. */
    getEncodedBuffer(bytes: number): Uint8Array;
    decode(): void;
    /** Valid until `delete`. */
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  export default function load(options: ModuleOptions): Promise<{ JpegLSDecoder: new () => JpegLsDecoder }>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface ModuleOptions {
    print(text: string): void;
    printErr(text: string): void;
  }
  export interface Jpeg2000Decoder {
    getEncodedBuffer(bytes: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  export default function load(options: ModuleOptions): Promise<{ J2KDecoder: new () => Jpeg2000Decoder }>;
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
