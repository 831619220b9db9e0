import { inferenceError, invalidRequest } from '../../inference-error.ts';
import { isRecord } from '../call/table.ts';
import { servedVersions } from '../metadata.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { parseJsonBody } from './parse-json.ts';
import { type DocumentCall, jsonReply, type Reply, type WireRoute } from './wire.ts';

/**
 * The model repository extension. Everybody may read the index of what the key opens. What is served is decided by the
 * control plane: to load confirms a version that is deployed, and to unload is refused. Overrides are refused always.
 */
export const repositoryRoutes: readonly WireRoute[] = [
  { kind: 'document', method: 'POST', path: '/v2/repository/index', answer: index },
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
    answer({ server, admission, params }) {
      const endpoint = openEndpoint(server.endpoints, admission, params.model ?? '');
      throw inferenceError('MODEL_UNLOAD_REFUSED', { model: endpoint.document.name });
    },
  },
];

function index({ server, admission, body }: DocumentCall): Reply {
  const onlyReady = readObject(body).ready === true;
  const entries = [];
  for (const endpoint of server.endpoints.all()) {
    const { name } = endpoint.document;
    const ready = endpoint.arms.length > 0;
    if (!admission.opens(name) || (onlyReady && !ready)) continue;
    const versions = servedVersions(endpoint);
    const state = ready ? 'READY' : 'UNAVAILABLE';
    for (const version of versions.length === 0 ? [''] : versions)
      entries.push({ name, ...(version === '' ? {} : { version }), state, reason: '' });
  }
  return jsonReply(entries);
}

function load({ server, admission, params, body }: DocumentCall): Reply {
  const { parameters = {} } = readObject(body);
  if (!isRecord(parameters)) throw invalidRequest('parameters is not an object');
  const refused = Object.keys(parameters).find((name) => name === 'config' || name.startsWith('file:'));
  if (refused !== undefined)
    throw invalidRequest(
      `the parameter ${refused.slice(0, 60)} would replace what is deployed, and is refused`,
    );
  const endpoint = openEndpoint(server.endpoints, admission, params.model ?? '');
  if (endpoint.arms.length === 0) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  return jsonReply({});
}

function readObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  const document = parseJsonBody(body);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  return document;
}
