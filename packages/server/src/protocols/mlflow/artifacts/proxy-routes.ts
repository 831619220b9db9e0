import type { WireRequest, WireRoute } from '../../../kernel/wire-route.ts';
import type { Artifact, Artifacts } from '../../../tracking/index.ts';
import { contextOf, rpc } from '../rpc.ts';
import { answerFile, existingArtifact, headersOf } from './artifact-answer.ts';
import { fileInfosOf } from './file-infos.ts';
import { presignedAnswer } from './presigned-routes.ts';
import { filePlaceOf, placeOf } from './proxy-path.ts';

/** The proxy of artifacts: files by their whole path below `mlflow-artifacts:/`. */
export function proxyRoutes(artifacts: Artifacts): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow-artifacts/artifacts',
      access: 'tracking:read',
      async answer({ fields, context: { workspace } }) {
        const { owner, path } = await placeOf(artifacts, workspace, fields.optionalText('path') ?? '');
        return { files: fileInfosOf(await artifacts.list(workspace, owner, path), 'names') };
      },
    }),
    ...rpc({
      method: 'DELETE',
      version: '2.0',
      path: '/mlflow-artifacts/artifacts/*',
      access: 'tracking:write',
      async answer({ request, context }) {
        const { owner, path } = await placeOf(artifacts, context.workspace, request.params['*'] ?? '');
        await artifacts.remove(context, owner, path);
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow-artifacts/presigned/*',
      access: 'tracking:read',
      async answer({ request, context: { workspace } }) {
        const place = await filePlaceOf(artifacts, workspace, request.params['*'] ?? '');
        const artifact = await existingArtifact(artifacts, workspace, place);
        const url = await presignedAnswer(artifacts, artifact, 3600);
        return { url, headers: {}, file_size: artifact.size };
      },
    }),
    ...['/api', '/ajax-api'].flatMap((door) =>
      fileRoutes(artifacts, `${door}/2.0/mlflow-artifacts/artifacts/*`),
    ),
  ];
}

function fileRoutes(artifacts: Artifacts, path: string): readonly WireRoute[] {
  async function fileOf(request: WireRequest): Promise<Artifact> {
    const { workspace } = contextOf(request);
    const place = await filePlaceOf(artifacts, workspace, request.params['*'] ?? '');
    return await existingArtifact(artifacts, workspace, place);
  }

  return [
    {
      method: 'HEAD',
      path,
      access: 'tracking:read',
      body: 'none',
      async handle(request) {
        return { headers: headersOf(await fileOf(request)) };
      },
    },
    {
      method: 'GET',
      path,
      access: 'tracking:read',
      body: 'none',
      async handle(request) {
        return answerFile(artifacts, await fileOf(request), request);
      },
    },
    {
      method: 'PUT',
      path,
      access: 'tracking:write',
      body: 'bytes',
      async handle(request) {
        const context = contextOf(request);
        const { owner, path: file } = await filePlaceOf(
          artifacts,
          context.workspace,
          request.params['*'] ?? '',
        );
        await artifacts.put(context, owner, file, request.bytes);
        return { body: {} };
      },
    },
  ];
}
