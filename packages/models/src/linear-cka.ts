import { type Tensor, tf } from '@ddad/compute';

/** Keeps the root's slope finite where all codes are the same. */
const tiny = 1e-12;

/** Inner products of a batch's codes with their mean taken off: H·X·Xᵀ·H, [N,N]. */
function centredGram(codes: Tensor): Tensor {
  const centred = tf.sub(codes, tf.mean(codes, 0, true));
  return tf.matMul(centred, centred, false, true);
}

const norm = (gram: Tensor): Tensor => tf.sqrt(tf.add(tf.sum(tf.square(gram)), tiny));

/**
 * Linear CKA (Kornblith et al., ICML 2019) of two networks' codes of the same images: HSIC(X,Y) / √(HSIC(X,X)·HSIC(Y,Y)), HSIC
 * the trace of the product of the centred Gram matrices. 1 where one network's codes are those of the other but for rotation,
 * scale and place, 0 where the two have no linear relation, or one tells no image from another.
 * @param x [N,L], @param y [N,M]
 * @returns a scalar from 0 to 1, differentiable in both
 */
export function linearCka(x: Tensor, y: Tensor): Tensor {
  return tf.tidy(() => {
    const [ofX, ofY] = [centredGram(x), centredGram(y)];
    return tf.div(tf.sum(tf.mul(ofX, ofY)), tf.mul(norm(ofX), norm(ofY)));
  });
}
