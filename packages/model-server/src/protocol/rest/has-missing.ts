/** Whether a number is missing among the first `count`: a null, in the text. */
export function hasMissing(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (Number.isNaN(values[i])) return true;
  return false;
}
