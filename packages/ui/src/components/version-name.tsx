import { useAnswer } from '../api/use-answer.ts';
import { TextLink } from './text-link.tsx';

/** A model version as people say it, `churn@7`; its id until that is known. */
export function useVersionName(id: string | undefined): string | undefined {
  const version = useAnswer(
    'registry',
    'versionById',
    { params: { id: id ?? '' } },
    { enabled: id !== undefined },
  );
  return version.data ? `${version.data.model}@${version.data.version}` : id;
}

export function VersionLink({ id }: { readonly id: string }) {
  const name = useVersionName(id);
  return <TextLink to={`/model-versions/${id}`}>{name}</TextLink>;
}
