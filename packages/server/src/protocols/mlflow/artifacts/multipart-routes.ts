import type { WireRequest, WireRoute } from '../../../kernel/wire-route.ts';
import type { ArtifactPlace, Artifacts } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { type Call, contextOf, rpc } from '../rpc.ts';
import { filePlaceOf } from './proxy-path.ts';

const partsPath = '/api/2.0/mlflow-artifacts/mpu/part';

export interface MultipartDeps {
  readonly artifacts: Artifacts;
  /** The address people use, when a proxy stands in front. */
  readonly publicUrl?: string;
}

/**
 * Uploads in parts. The parts come to this server as well; a client sends them with nothing but the headers it was told, so
 * these carry the caller's own authorization, and every part is let in by the same permission as any other call.
 */
export function multipartRoutes({ artifacts, publicUrl }: MultipartDeps): readonly WireRoute[] {
  const { uploads } = artifacts;

  /** The file lies in the folder of the path, under the name that the caller has it by. */
  async function placeOfFile({ fields, request, context }: Call): Promise<ArtifactPlace> {
    const name = fields.text('path').split(/[/\\]/).at(-1) ?? '';
    const folder = (request.params['*'] ?? '').replace(/\/$/, '');
    return await filePlaceOf(artifacts, context.workspace, folder === '' ? name : `${folder}/${name}`);
  }

  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow-artifacts/mpu/create/*',
      access: 'tracking:write',
      async answer(call) {
        const parts = call.fields.optionalInteger('num_parts') ?? 1;
        const { owner, path } = await placeOfFile(call);
        const { id } = await uploads.begin(call.context, owner, path, parts);
        const { authorization } = call.request.headers;
        const headers = authorization === undefined ? {} : { Authorization: authorization };
        const base = `${baseOf(call.request, publicUrl)}${partsPath}/${id}`;
        const credentials = Array.from({ length: parts }, (_, index) => ({
          url: `${base}/${index + 1}`,
          part_number: index + 1,
          headers,
        }));
        return { upload_id: id, credentials };
      },
    }),
    {
      method: 'PUT',
      path: `${partsPath}/:upload/:number`,
      access: 'tracking:write',
      body: 'bytes',
      async handle(request) {
        const { upload = '', number = '' } = request.params;
        if (!/^\d{1,6}$/.test(number)) throw invalidParameter(`'${number}' is not the number of a part.`);
        const blob = await uploads.putPart(contextOf(request), upload, Number(number), request.bytes);
        return { headers: { etag: etagOf(blob.digest) }, body: {} };
      },
    },
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow-artifacts/mpu/complete/*',
      access: 'tracking:write',
      async answer(call) {
        const id = call.fields.text('upload_id');
        const parts = call.fields.messages('parts').map(partOf);
        await uploads.complete(call.context, { id, ...(await placeOfFile(call)) }, parts);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow-artifacts/mpu/abort/*',
      access: 'tracking:write',
      async answer(call) {
        const id = call.fields.text('upload_id');
        await uploads.abort(call.context, { id, ...(await placeOfFile(call)) });
      },
    }),
  ];
}

/** The address the caller came by; with the path and scheme of the public one where that is the same server. */
function baseOf({ origin }: WireRequest, publicUrl: string | undefined): string {
  const known = publicUrl !== undefined && new URL(publicUrl).host === new URL(origin).host;
  return (known ? publicUrl : origin).replace(/\/+$/, '');
}

function etagOf(digest: string): string {
  return `"${digest.replace('sha256:', '')}"`;
}

function partOf(fields: Fields): { number: number; digest: string } {
  const digest = fields.text('etag').replaceAll('"', '');
  return { number: fields.integer('part_number'), digest: `sha256:${digest}` };
}
