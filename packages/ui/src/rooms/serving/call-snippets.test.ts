import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callSnippets } from './call-snippets.ts';

const called = {
  name: 'churn',
  httpUrl: 'http://localhost:7710',
  grpcAddress: 'localhost:7711',
  tensors: [
    { name: 'X', datatype: 'FP32', shape: [1, 2], data: [1, null] },
    { name: 'city', datatype: 'BYTES', shape: [1, 1], data: ["Hell's Kitchen"] },
  ],
  record: { age: 1, active: true, city: "Hell's Kitchen" },
};

describe('snippets of calls', () => {
  it('are one for each client, gRPC where it is served', () => {
    assert.deepEqual(
      callSnippets(called).map(({ client }) => client),
      ['curl', 'requests', 'tritonclient', 'gRPC', 'MLflow'],
    );
    assert.equal(callSnippets({ ...called, grpcAddress: null }).length, 4);
  });

  it('quote texts as the shell and Python read them', () => {
    const text = (client: string) => callSnippets(called).find((one) => one.client === client)?.text ?? '';
    assert.ok(text('curl').includes(`Hell'\\''s Kitchen`));
    assert.ok(text('MLflow').includes('"dataframe_records":[{"age":1,"active":true'));
    assert.ok(text('requests').includes('"data": [1, None]'));
    assert.ok(text('gRPC').includes('np.array(["Hell\'s Kitchen"], dtype=object).reshape([1, 1])'));
    assert.ok(text('gRPC').includes('InferenceServerClient("localhost:7711")'));
    assert.ok(text('tritonclient').includes('dtype="float32"'));
  });
});
