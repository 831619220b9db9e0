/** The page that shows a thing of the lineage graph; undefined where there is none. */
export function nodeAddress({
  kind,
  id,
}: {
  readonly kind: string;
  readonly id: string;
}): string | undefined {
  const part = encodeURIComponent(id);
  switch (kind) {
    case 'dataset-version':
      return `/dataset-versions/${part}`;
    case 'split':
      return `/splits/${part}`;
    case 'run':
      return `/runs/${part}`;
    case 'pipeline-run':
      return `/pipeline-runs/${part}`;
    case 'study':
      return `/studies/${part}`;
    case 'evaluation':
      return `/evaluations/${part}`;
    case 'model-version':
      return `/model-versions/${part}`;
    case 'endpoint':
      return `/endpoints/${part}`;
    case 'change':
      return `/changes/${part}`;
    case 'monitor':
      return `/monitors/${part}`;
    case 'issue':
      return `/issues/${part}`;
    case 'project':
      return `/projects/${part}`;
    default:
      return undefined;
  }
}
