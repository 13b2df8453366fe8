import { z } from 'zod';
import { untoldWhere } from './untold.ts';

/**
 * Widths of a member that a run may choose, as the paper has them. Equal to those of `@ddad/models` (a test holds both
 * together), which whoever only plans does not load.
 */
export const paperWidths = { latentSize: 16, wideLayer: 2048 } as const;

/** Values of the latent code. */
export const latentSizeSchema = z.int().min(4).max(1024);
/** Units of the two linear layers beside it. */
export const wideLayerSchema = z.int().min(16).max(8192);

/** Fields of a specification: the paper's widths are not told, so that keys from before there was a choice stay. */
export const specifiedWidths = {
  latentSize: untoldWhere(latentSizeSchema, paperWidths.latentSize),
  wideLayer: untoldWhere(wideLayerSchema, paperWidths.wideLayer),
};

/** Widths as a specification has them: those that are not the paper's. */
export interface SpecifiedWidths {
  latentSize?: number;
  wideLayer?: number;
}

/** Of settings, of a specification or of a result: what has to be told of its widths. */
export function widthsOf(of: {
  latentSize?: number | undefined;
  wideLayer?: number | undefined;
}): SpecifiedWidths {
  const { latentSize = paperWidths.latentSize, wideLayer = paperWidths.wideLayer } = of;
  return {
    ...(latentSize === paperWidths.latentSize ? {} : { latentSize }),
    ...(wideLayer === paperWidths.wideLayer ? {} : { wideLayer }),
  };
}

/** For people: `latent size 32, wide layer 1024`; nothing of the paper's. */
export function describeWidths({ latentSize, wideLayer }: Readonly<Record<string, unknown>>): string[] {
  return [
    ...(latentSize === undefined ? [] : [`latent size ${String(latentSize)}`]),
    ...(wideLayer === undefined ? [] : [`wide layer ${String(wideLayer)}`]),
  ];
}
