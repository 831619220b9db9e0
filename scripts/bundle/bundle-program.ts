import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeBundle } from './make-bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * Bundles the `esteira` command, the server with it, into `place`. What a thread or a child process runs stays as it is:
 * nobody waits for it at a start.
 */
export async function bundleProgram(place: string): Promise<void> {
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
    manifests: ['package-lock.json', ...globSync('packages/*/package.json', { cwd: root })],
  });
}
