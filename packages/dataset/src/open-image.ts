import type { ReadingFacts } from '@ddad/contract';
import { openDicom } from './dicom/decode-dicom.ts';
import type { GreyImage } from './grey.ts';
import { kindOf, type RasterKind } from './image-kinds.ts';
import { showingStored } from './masks/mask-file.ts';
import type { Grid } from './nifti/grid.ts';
import { openNifti, type SliceChoice, unpacked } from './nifti/open-nifti.ts';
import type { Picture } from './picture.ts';
import type { Range } from './range.ts';
import { allBits, type SixteenBits } from './raster/sixteen-bits.ts';
import { mostUnpacked } from './unpacking.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** How files become pictures. */
export interface Reading {
  channels: 1 | 3;
  /** Values of 16-bit images (PNG, TIFF) that become 0 and 255; null: by the image's own bits. */
  range: Range | null;
  /** Which slices of volumes are images; null where volumes are not expected. */
  slices: SliceChoice | null;
}

/** As a dataset's files were read; 16-bit images of a dataset that says no range by all of their bits. */
export function readingAs({ channels, range, volumes }: ReadingFacts): Reading {
  return {
    channels: channels ?? 1,
    range: range ?? allBits,
    slices: volumes === undefined ? null : { ...volumes },
  };
}

/** A picture of a file. */
export interface DecodedPart {
  picture: Picture;
  /** Null for all images that have not 16 bits, or say themselves how these are read. */
  sixteenBits: SixteenBits | null;
}

/** A file whose header was read. */
export interface OpenedImage {
  kind: 'DICOM' | 'NIfTI' | RasterKind;
  /** Its pictures: frames from 1, slices from 0, or one that needs no number. */
  parts: readonly (number | null)[];
  /** Whose it is: a DICOM file's PatientID, else its study or series, which must not leave the process; null where none is known. */
  patient: string | null;
  /** Values that are black and white in every slice of a volume; null for all others. */
  window: Range | null;
  /** Bytes of memory that it takes beside its file's, one of its pictures being decoded, roughly. */
  bytes: number;
  /** Columns, rows and, of a volume, slices that the file itself has, and where they lie; null: those of its decoded picture. */
  stored: { width: number; height: number; slices?: number; grid?: Grid } | null;
  /** @throws UnreadableImage for what is damaged or cut off, and where there is no such part */
  decode(part: number | null): Promise<DecodedPart>;
  /**
   * The same read as a mask: 1 where a sample's stored value is above 0, else 0. Grey levels could not tell: a window, a range
   * of 16 bits or the weights of colours make 0 of small ones, and palettes and WhiteIsZero may show 0 as anything (see
   * `showingStored`). Of DICOM there is none, and what changes values is not refused here (see `requireMaskKind`).
   */
  mask(part: number | null): Promise<GreyImage>;
}

/**
 * Opens an image file: PNG, JPEG, TIFF, WebP, BMP, GIF (see `openRaster`), DICOM (see `openDicom`) or NIfTI (see `openNifti`).
 * @param most bytes that it may unpack to, where it is a packed volume or DICOM file
 * @throws UnreadableImage for anything else, and for what is damaged; UnpacksToMore
 */
export async function openImage(file: Buffer, reading: Reading, most = mostUnpacked): Promise<OpenedImage> {
  const { channels, range } = reading;
  const kind = kindOf(file);
  switch (kind) {
    case 'DICOM': {
      const { frames, columns, rows, bytes, patient, decode } = openDicom(file, most);
      return {
        kind,
        parts: frames === 1 ? [null] : Array.from({ length: frames }, (_, i) => i + 1),
        patient,
        window: null,
        bytes,
        stored: { width: columns, height: rows },
        decode: async (part) => ({ picture: await decode((part ?? 1) - 1, channels), sixteenBits: null }),
        mask: () => Promise.reject(new UnreadableImage('expected a mask, got DICOM')),
      };
    }
    case 'NIfTI':
    case 'gzip': {
      const { slices } = reading;
      if (slices === null) {
        const wanted = 'expected --slices axial, coronal or sagittal for a NIfTI volume, got none';
        throw new UnreadableImage(kind === 'NIfTI' ? wanted : `${wanted} (a gzip file)`);
      }
      const whole = kind === 'gzip' ? unpacked(file, most) : file;
      const volume = openNifti(whole, slices);
      return {
        kind: 'NIfTI',
        parts: volume.chosen,
        patient: null,
        window: volume.window,
        bytes: (kind === 'gzip' ? whole.length : 0) + volume.bytes,
        stored: { width: volume.width, height: volume.height, slices: volume.slices, grid: volume.grid },
        decode: async (part) => ({ picture: volume.decode(part ?? 0, channels), sixteenBits: null }),
        mask: async (part) => volume.mask(part ?? 0),
      };
    }
    default: {
      // Its libraries take a tenth of a second to load, in every thread, which files of other kinds do without.
      const { openRaster } = await import('./raster/raster-file.ts');
      const { bytes, decode } = await openRaster(file, kind);
      return {
        kind,
        parts: [null],
        patient: null,
        window: null,
        bytes,
        stored: null,
        async decode(part) {
          requireOneFrame(part);
          return decode(channels, range);
        },
        async mask(part) {
          requireOneFrame(part);
          return (await openRaster(showingStored(file, kind), kind)).mask();
        },
      };
    }
  }
}

function requireOneFrame(part: number | null): void {
  if (part !== null && part !== 1) throw new UnreadableImage(`expected a frame of 1 to 1, got ${part}`);
}
