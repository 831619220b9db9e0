import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Artifact, ArtifactOwner, Artifacts } from '../../../tracking/index.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { existingArtifact } from './artifact-answer.ts';
import { existingOwner } from './owned-artifact-routes.ts';

/** Storage in the cloud honours no address for longer: seven days. */
const longestSeconds = 604_800;
const defaultSeconds = 900;

/** Addresses of files in an object storage, for callers who would rather go there themselves. */
export function presignedRoutes(artifacts: Artifacts): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/artifacts/presigned-download-url',
      access: 'tracking:read',
      async answer({ fields, context: { workspace } }) {
        const owner: ArtifactOwner = { kind: 'run', id: fields.text('run_id') };
        const path = fields.text('path');
        const seconds = secondsOf(fields.optionalInteger('expiration'));
        await existingOwner(artifacts, workspace, owner);
        const artifact = await existingArtifact(artifacts, workspace, { owner, path });
        const url = await presignedAnswer(artifacts, artifact, seconds);
        return { presigned_url: url, headers: {}, file_size: artifact.size };
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/artifacts/presigned-upload-url',
      access: 'tracking:write',
      async answer({ fields, context: { workspace } }) {
        const run = fields.optionalText('run_id');
        const model = fields.optionalText('model_id');
        if ((run ? 1 : 0) + (model ? 1 : 0) !== 1)
          throw invalidParameter('Exactly one of run_id and model_id must be provided.');
        fields.text('path');
        secondsOf(fields.optionalInteger('expiration'));
        await existingOwner(
          artifacts,
          workspace,
          run ? { kind: 'run', id: run } : { kind: 'logged-model', id: model ?? '' },
        );
        // Content is named by its digest, which nobody knows before it has been sent.
        throw new MlflowError(
          'NOT_IMPLEMENTED',
          'This server gives no addresses to upload to: send artifacts to /api/2.0/mlflow-artifacts/artifacts.',
        );
      },
    }),
  ];
}

/** Throws NOT_IMPLEMENTED where bytes must pass through this server. */
export async function presignedAnswer(
  artifacts: Artifacts,
  artifact: Artifact,
  seconds: number,
): Promise<string> {
  const url = await artifacts.presign(artifact, seconds);
  if (url !== undefined) return url;
  throw new MlflowError(
    'NOT_IMPLEMENTED',
    'This server gives no addresses to download from: its artifacts lie on its own disk or are encrypted. Download them from /api/2.0/mlflow-artifacts/artifacts.',
  );
}

function secondsOf(expiration: number | undefined): number {
  const seconds = expiration ?? defaultSeconds;
  if (seconds >= 1 && seconds <= longestSeconds) return seconds;
  throw invalidParameter(`expiration must be between 1 and ${longestSeconds} seconds (got ${seconds}).`);
}
