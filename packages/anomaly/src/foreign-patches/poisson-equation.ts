const matrices = new Map<number, Float64Array>();

/**
 * The matrix of the discrete sine transform I of n values, orthogonal, symmetric and its own inverse:
 * √(2/(n+1))·sin(π(j+1)(k+1)/(n+1)). Kept, as patches have few sizes: those of all sides up to 64 are 0.7 MB, up to 256 45 MB.
 */
function sineMatrix(n: number): Float64Array {
  const made = matrices.get(n);
  if (made !== undefined) return made;
  const matrix = new Float64Array(n * n);
  const scale = Math.sqrt(2 / (n + 1));
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < n; column += 1) {
      // Reduced by whole turns, so that large products lose nothing.
      const turns = ((row + 1) * (column + 1)) % (2 * (n + 1));
      matrix[row * n + column] = scale * Math.sin((Math.PI * turns) / (n + 1));
    }
  }
  matrices.set(n, matrix);
  return matrix;
}

/** a [rows, inner] times b [inner, columns] */
function product(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const target = result.subarray(row * columns, (row + 1) * columns);
    for (let at = 0; at < inner; at += 1) {
      const factor = a[row * inner + at]!;
      const start = at * columns;
      for (let column = 0; column < columns; column += 1) target[column]! += factor * b[start + column]!;
    }
  }
  return result;
}

/**
 * Solves Poisson's equation on a grid of points with zeros around it: of each point, the sum of its four neighbours less four times its own
 * value is what `field` says. By sine transforms, and so exact up to rounding.
 * @param field [height·width]
 * @returns values of the points, [height·width]
 */
export function solvePoisson(field: Float64Array, height: number, width: number): Float64Array {
  if (field.length !== height * width)
    throw new RangeError(`field: expected ${height}×${width} values, got ${field.length}`);
  const [rows, columns] = [sineMatrix(height), sineMatrix(width)];
  const transform = (values: Float64Array) =>
    product(rows, product(values, columns, height, width, width), height, height, width);
  const spectrum = transform(field);
  for (let row = 0; row < height; row += 1) {
    const vertical = 2 * Math.cos((Math.PI * (row + 1)) / (height + 1)) - 4;
    for (let column = 0; column < width; column += 1)
      spectrum[row * width + column]! /= vertical + 2 * Math.cos((Math.PI * (column + 1)) / (width + 1));
  }
  return transform(spectrum);
}
