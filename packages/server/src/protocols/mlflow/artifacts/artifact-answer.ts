import type { WireAnswer, WireRequest } from '../../../kernel/wire-route.ts';
import type { Artifact, ArtifactPlace, Artifacts } from '../../../tracking/index.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import { readByteRange } from './byte-range.ts';
import { mediaTypeOf } from './media-type.ts';

/** What an answer needs to know of a file: one that is kept, or one of a version. */
export type NamedContent = Pick<Artifact, 'path' | 'digest' | 'size'>;

/** The file as a download: attached, never shown, whatever its type; in part when one range is asked for. */
export function answerFile(artifacts: Artifacts, file: NamedContent, request: WireRequest): WireAnswer {
  const headers = headersOf(file);
  const range = readByteRange(request.headers.range, file.size);
  const unchangedSince = request.headers['if-range'];
  if (range === undefined || (unchangedSince !== undefined && unchangedSince !== headers.etag))
    return { headers, body: artifacts.read(file) };
  const { 'content-length': _, ...others } = headers;
  if (range === 'unsatisfiable')
    return { status: 416, headers: { ...others, 'content-range': `bytes */${file.size}` }, body: '' };
  return {
    status: 206,
    headers: {
      ...others,
      'content-length': String(range.end - range.start),
      'content-range': `bytes ${range.start}-${range.end - 1}/${file.size}`,
    },
    body: artifacts.read(file, range),
  };
}

/** The entry of a file. Throws RESOURCE_DOES_NOT_EXIST, and INVALID_PARAMETER_VALUE for a folder. */
export async function existingArtifact(
  artifacts: Artifacts,
  workspace: string,
  { owner, path }: ArtifactPlace,
): Promise<Artifact> {
  const artifact = await artifacts.find(workspace, owner, path);
  if (artifact !== undefined) return artifact;
  if ((await artifacts.list(workspace, owner, path)).length > 0)
    throw invalidParameter(`The artifact path '${path}' is that of a folder, not of a file.`);
  throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `There is no artifact at '${path}'.`);
}

/** What is told of a file, with its bytes or, to HEAD, without. */
export function headersOf(file: NamedContent): Readonly<Record<string, string>> {
  const name = file.path.split('/').at(-1) ?? 'artifact';
  return {
    ...downloadHeaders(name),
    'content-length': String(file.size),
    'accept-ranges': 'bytes',
    etag: `"${file.digest.replace('sha256:', '')}"`,
    'cache-control': 'private, no-cache',
  };
}

/** What is told of every download, of whatever size. */
export function downloadHeaders(name: string): Readonly<Record<string, string>> {
  return {
    'content-type': mediaTypeOf(name),
    'content-disposition': dispositionOf(name),
    'x-content-type-options': 'nosniff',
  };
}

/**
 * RFC 6266: a plain name for those who read no other, and the whole one where that is not enough. A name that is a token
 * stands without quotes, as MLflow's server writes it.
 */
function dispositionOf(name: string): string {
  if (/^[!#$&+.^_`|~\w-]+$/.test(name)) return `attachment; filename=${name}`;
  const plain = name.replace(/[^ !#$&-+\--:<-[\]-~]/g, '_');
  const whole = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${whole}`}`;
}
