import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeEndpoint, makeServerDirectory } from '../../packages/model-server/src/model-server.fixture.ts';
import { installPythonClient, runPytest } from './python-client.ts';
import { startProcess } from './start-process.ts';

/**
 * The real client of Triton against a model server: `npm run interop:oip -- SUITE` runs the tests of the Open Inference
 * Protocol over REST and gRPC. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
 */
const [suite] = process.argv.slice(2);
if (suite === undefined || !existsSync(join(suite, 'requirements.txt'))) {
  console.error('NOT RUN: name the folder of the suite, with its requirements.txt');
  process.exit(2);
}
const python = installPythonClient('oip', resolve(suite));
const models = makeServerDirectory(Array.from({ length: 20 }, (_, index) => `x${index}`));
// The suite sends 10,000 rows in one request.
const limits = { maxBodyBytes: 64 * 1024 * 1024, maxRows: 100_000, timeoutMs: 30_000 };
models.write([makeEndpoint(models.addVersion(1, 0.5), { limits })]);
const main = resolve(import.meta.dirname, '../../packages/model-server/src/main.ts');
const server = await startProcess(process.execPath, [main], {
  ESTEIRA_MODEL_SERVER_DIR: models.directory,
  ESTEIRA_SERVING_PORT: '0',
  ESTEIRA_SERVING_GRPC_PORT: '0',
  ESTEIRA_LOG_LEVEL: 'error',
});
try {
  const { passed, output } = await runPytest(python, {
    suite: resolve(suite),
    scratch: models.directory,
    environment: {
      OIP_HTTP_URL: String(server.announced.httpUrl),
      OIP_GRPC_ADDR: String(server.announced.grpcAddress),
      OIP_MODEL: 'late-flights',
      OIP_TOKEN: 'secret',
    },
  });
  console.log(output);
  if (!passed) process.exitCode = 1;
} finally {
  await server.stop();
  models.remove();
}
