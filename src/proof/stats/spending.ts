/**
 * What the k-th certificate of a route may spend of δ: 6δ / (π² k²). However many there will be, all together spend δ.
 *
 * @param ordinal counts from 1
 */
export function deltaOf(delta: number, ordinal: number): number {
  if (!Number.isInteger(ordinal) || ordinal < 1)
    throw new RangeError('Certificates are counted from 1, in whole numbers.');
  return (6 * delta) / (Math.PI ** 2 * ordinal ** 2);
}
