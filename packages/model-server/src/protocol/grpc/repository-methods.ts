import { requireVersion } from '../metadata.ts';
import { confirmLoaded, refuseUnload, repositoryIndex } from '../model-repository.ts';
import { modelStatistics } from '../model-statistics.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { requirePermission } from '../require-permission.ts';
import type { RestDeps } from '../rest/rest-server.ts';
import { readProto } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { readNamed, type UnaryCall, type UnaryMethod, writeReply } from './unary-method.ts';

/**
 * The statistics and model repository extensions over gRPC
 * (github.com/triton-inference-server/server, docs/protocol/extension_statistics.md and extension_model_repository.md).
 */
export function repositoryMethods(deps: RestDeps): Readonly<Record<string, UnaryMethod>> {
  return {
    ModelStatistics: { open: false, answer: (call) => statistics(deps, call) },
    RepositoryIndex: {
      open: false,
      answer({ message, admission }) {
        const entries = repositoryIndex(deps.endpoints, admission, readOnlyReady(message));
        return writeReply((reply) => {
          for (const { name, version = '', state, reason } of entries) {
            reply.message(1, (entry) => {
              entry.text(1, name);
              entry.text(2, version);
              entry.text(3, state);
              entry.text(4, reason);
            });
          }
        });
      },
    },
    RepositoryModelLoad: {
      open: false,
      answer({ message, admission }) {
        requirePermission(admission, { path: 'RepositoryModelLoad', needs: 'repository' });
        const { model, parameters } = readOrder(message);
        confirmLoaded(deps.endpoints, admission, model, parameters);
        return writeReply(() => {});
      },
    },
    RepositoryModelUnload: {
      open: false,
      answer({ message, admission }) {
        requirePermission(admission, { path: 'RepositoryModelUnload', needs: 'repository' });
        return refuseUnload(deps.endpoints, admission, readOrder(message).model);
      },
    },
  };
}

/** Of one model, or without a name of all that the key opens. */
async function statistics(deps: RestDeps, { message, admission }: UnaryCall): Promise<Buffer> {
  const { name, version } = readNamed(message);
  const endpoints =
    name === ''
      ? deps.endpoints.all().filter(({ document }) => admission.opens(document.name))
      : [openEndpoint(deps.endpoints, admission, name)];
  if (version !== '') for (const endpoint of endpoints) requireVersion(endpoint, version);
  const counts = await deps.counts();
  return writeReply((reply) => {
    for (const endpoint of endpoints) {
      const found = modelStatistics(endpoint, version === '' ? undefined : version, counts);
      reply.message(1, (entry) => {
        entry.text(1, found.name);
        entry.text(2, found.version);
        entry.integer(4, found.inference_count);
        entry.integer(5, found.execution_count);
        entry.message(6, (stats) => {
          writeDuration(stats, 1, found.inference_stats.success);
          writeDuration(stats, 2, found.inference_stats.fail);
        });
      });
    }
  });
}

function writeDuration(
  stats: ProtoWriter,
  field: number,
  { count, ns }: { count: number; ns: number },
): void {
  stats.message(field, (duration) => {
    duration.integer(1, count);
    duration.integer(2, ns);
  });
}

function readOnlyReady(message: Buffer): boolean {
  const reader = readProto(message);
  let ready = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) ready = reader.bool();
    else reader.skip();
  }
  return ready;
}

/** What is to be loaded or unloaded, with the names of the parameters. */
function readOrder(message: Buffer): { readonly model: string; readonly parameters: readonly string[] } {
  const reader = readProto(message);
  const parameters: string[] = [];
  let model = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) model = reader.text();
    else if (field === 3) parameters.push(readKey(reader.message()));
    else reader.skip();
  }
  return { model, parameters };
}

/** The key of an entry of a map. */
function readKey(entry: ReturnType<typeof readProto>): string {
  let key = '';
  for (let field = entry.next(); field !== 0; field = entry.next()) {
    if (field === 1) key = entry.text();
    else entry.skip();
  }
  return key;
}
