import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeBundle } from './make-bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * Bundles the `esteira` command, the server with it, into `place`, and the model server below it: one that was killed is
 * back the sooner, and takes less from those that serve meanwhile. What a thread or another child process runs stays as it
 * is: nobody waits for it at a start.
 */
export async function bundleProgram(place: string): Promise<void> {
  const manifests = ['package-lock.json', ...globSync('packages/*/package.json', { cwd: root })];
  await makeBundle({
    root,
    place,
    entries: {
      command: 'packages/cli/src/run-command.ts',
      ml: 'packages/ml/src/index.ts',
      'model-server': 'packages/model-server/src/index.ts',
    },
    apart: [
      '@aws-sdk/client-s3',
      '@aws-sdk/s3-request-presigner',
      '@bufbuild/cel',
      '@duckdb/node-api',
      '@grpc/grpc-js',
      '@grpc/proto-loader',
      '@opentelemetry/api',
      '@opentelemetry/sdk-node',
      'ioredis',
      'onnxruntime-node',
      'pg',
      'pino',
      'prom-client',
      'yaml',
    ],
    manifests,
  });
  await makeBundle({
    root,
    place: join(place, 'model-server'),
    entries: { 'model-server': 'packages/model-server/src/run-model-server.ts' },
    apart: ['@grpc/grpc-js', '@grpc/proto-loader', 'onnxruntime-node', 'pino'],
    manifests,
  });
}
