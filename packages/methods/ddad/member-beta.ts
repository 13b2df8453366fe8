import { z } from 'zod';
import { untoldWhere } from './untold.ts';

/** The decay of the mean gradient in the Adam of members, β1, as the paper's code has it; that of the squares is 0.999. */
export const paperBeta1 = 0.5;

/** β1 of Adam; the authors' later recipe has 0.9, PyTorch's default. */
export const beta1Schema = z.number().min(0).lt(1);

/** Fields of a specification: the paper's β1 is not told, so that keys from before there was a choice stay. */
export const specifiedBeta1 = { beta1: untoldWhere(beta1Schema, paperBeta1) };

/** Of settings: what has to be told of β1. Those of a run that began before there was a choice have none. */
export function beta1Of({ beta1 = paperBeta1 }: { beta1?: number | undefined }): { beta1?: number } {
  return beta1 === paperBeta1 ? {} : { beta1 };
}
