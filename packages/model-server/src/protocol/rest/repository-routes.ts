import { invalidRequest } from '../../inference-error.ts';
import { isRecord } from '../call/table.ts';
import { confirmLoaded, refuseUnload, repositoryIndex } from '../model-repository.ts';
import { parseJsonBody } from './parse-json.ts';
import { type DocumentCall, jsonReply, type Reply, type WireRoute } from './wire.ts';

/**
 * The model repository extension. Everybody may read the index of what the key opens. What is served is decided by the
 * control plane: to load confirms a version that is deployed, and to unload is refused. Overrides are refused always.
 */
export const repositoryRoutes: readonly WireRoute[] = [
  {
    kind: 'document',
    method: 'POST',
    path: '/v2/repository/index',
    answer: ({ server, admission, body }) =>
      jsonReply(repositoryIndex(server.endpoints, admission, readObject(body).ready === true)),
  },
  {
    kind: 'document',
    method: 'POST',
    path: '/v2/repository/models/{model}/load',
    needs: 'repository',
    answer: load,
  },
  {
    kind: 'document',
    method: 'POST',
    path: '/v2/repository/models/{model}/unload',
    needs: 'repository',
    answer: ({ server, admission, params }) => refuseUnload(server.endpoints, admission, params.model ?? ''),
  },
];

function load({ server, admission, params, body }: DocumentCall): Reply {
  const { parameters = {} } = readObject(body);
  if (!isRecord(parameters)) throw invalidRequest('parameters is not an object');
  confirmLoaded(server.endpoints, admission, params.model ?? '', Object.keys(parameters));
  return jsonReply({});
}

function readObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  const document = parseJsonBody(body);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  return document;
}
