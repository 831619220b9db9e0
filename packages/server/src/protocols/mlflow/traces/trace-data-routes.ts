import type { WireRequest, WireRoute } from '../../../kernel/wire-route.ts';
import type { TracesService } from '../../../llm/index.ts';
import { type Artifacts, checkArtifactPath } from '../../../tracking/index.ts';
import { answerFile, downloadHeaders, existingArtifact } from '../artifacts/artifact-answer.ts';
import { readFields } from '../fields.ts';
import { MlflowError } from '../mlflow-error.ts';
import { contextOf } from '../rpc.ts';
import { spanData } from './span-data.ts';

const dataFile = 'traces.json';

/** The spans of a trace as one file, kept as such or written from the stored spans, and what is attached to it. */
export function traceDataRoutes({
  traces,
  artifacts,
}: {
  readonly traces: TracesService;
  readonly artifacts: Artifacts;
}): readonly WireRoute[] {
  async function answer(request: WireRequest) {
    const { workspace } = contextOf(request);
    const fields = readFields(request.query, {}, true);
    const id = fields.optionalText('request_id');
    if (!id) throw new MlflowError('BAD_REQUEST', 'Request must include the "request_id" query parameter.');
    const attachment = fields.optionalText('path');
    const owner = { kind: 'trace', id } as const;
    await traces.head(workspace, id);
    if (attachment) {
      const path = checkArtifactPath(`attachments/${attachment}`);
      return answerFile(artifacts, await existingArtifact(artifacts, workspace, { owner, path }), request);
    }
    const file = await artifacts.find(workspace, owner, dataFile);
    if (file !== undefined) return answerFile(artifacts, file, request);
    return { headers: downloadHeaders(dataFile), body: written(workspace, id) };
  }

  /** In pieces, for a trace may have ten thousands of spans. */
  async function* written(workspace: string, id: string): AsyncIterable<Uint8Array> {
    let before = '{"spans": [';
    for await (const spans of traces.spans(workspace, id)) {
      for (const span of spans) {
        yield Buffer.from(`${before}${spanData(span, id)}`);
        before = ', ';
      }
    }
    yield Buffer.from(before === ', ' ? ']}' : `${before}]}`);
  }

  return ['2.0', '3.0'].flatMap((version): readonly WireRoute[] => {
    const path = `/ajax-api/${version}/mlflow/get-trace-artifact`;
    return [{ method: 'GET', path, access: 'tracking:read', body: 'none', handle: answer }];
  });
}
