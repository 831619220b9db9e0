/**
 * The memory of the columns (Float64Array, Float32Array) anywhere in a value, each once. A view of a part of its buffer is
 * left out: who hands over the buffer would hand over its neighbours too.
 */
export function columnBuffers(value: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  collect(value, buffers);
  return [...buffers];
}

function collect(value: unknown, buffers: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    const isColumn = value instanceof Float64Array || value instanceof Float32Array;
    const { buffer } = value;
    if (isColumn && buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength)
      buffers.add(buffer);
    return;
  }
  if (Array.isArray(value)) {
    // Columns of texts are long and hold none.
    if (typeof value[0] === 'object') for (const entry of value) collect(entry, buffers);
    return;
  }
  const entries = value instanceof Map ? value.values() : Object.values(value);
  for (const entry of entries) collect(entry, buffers);
}
