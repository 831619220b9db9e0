import { useSearchParams } from 'react-router';

/** The project that the lists are narrowed to: it stands in the address, so that a link keeps it. */
export function useProjectFilter(): string | undefined {
  const [search] = useSearchParams();
  return search.get('project') ?? undefined;
}
