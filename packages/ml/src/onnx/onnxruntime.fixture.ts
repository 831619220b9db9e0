import { InferenceSession, Tensor } from 'onnxruntime-node';

/** The reference runtime, for tests: numbers are FLOAT, texts STRING; rows are arrays of columns' values. */
export async function runInOnnxRuntime(
  model: Uint8Array,
  feeds: Readonly<Record<string, readonly (readonly number[])[] | readonly (readonly string[])[]>>,
): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const tensors: Record<string, Tensor> = {};
  for (const [name, rows] of Object.entries(feeds)) {
    const dims = [rows.length, rows[0]?.length ?? 0];
    const values: (number | string)[] = rows.flat();
    tensors[name] =
      typeof values[0] === 'string'
        ? new Tensor('string', values.map(String), dims)
        : new Tensor('float32', Float32Array.from(values, Number), dims);
  }
  const answers = await session.run(tensors);
  await session.release();
  return Object.fromEntries(
    Object.entries(answers).map(([name, tensor]) => [name, Array.from(tensor.data, Number)]),
  );
}
