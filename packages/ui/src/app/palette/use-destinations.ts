import { useDebouncedValue } from '@mantine/hooks';
import { useSession } from '../../api/session.tsx';
import { useAnswer } from '../../api/use-answer.ts';
import { recentPages } from '../../components/recent-pages.ts';
import { type MessageKey, useMessages } from '../../messages/use-messages.tsx';
import { navigation } from '../navigation.ts';

/** Where the palette can lead. */
interface Destination {
  readonly to: string;
  readonly title: string;
  /** What stands behind it, smaller. */
  readonly note?: string;
}

export interface DestinationGroup {
  readonly title: MessageKey & `palette.${string}`;
  readonly destinations: readonly Destination[];
}

const restMs = 150;
const mostOfKind = 6;
/** Names that are searched in the page itself. */
const namesAsked = 500;

/** What the words name: pages, and what the person may read. Without words, what was looked at last. */
export function useDestinations(words: string): { groups: readonly DestinationGroup[]; isLooking: boolean } {
  const { t } = useMessages();
  const { me } = useSession();
  const [asked] = useDebouncedValue(words.trim(), restMs);
  const wanted = asked !== '';
  const may = (permission: (typeof me.permissions)[number]) => me.permissions.includes(permission);
  const experiments = useAnswer(
    'tracking',
    'listExperiments',
    { query: { limit: namesAsked } },
    { enabled: wanted && may('tracking:read') },
  );
  const runs = useAnswer(
    'tracking',
    'searchRuns',
    { query: { text: asked, limit: mostOfKind, columns: '' } },
    { enabled: wanted && may('tracking:read') },
  );
  const models = useAnswer(
    'registry',
    'models',
    { query: { limit: namesAsked } },
    { enabled: wanted && may('registry:read') },
  );
  const endpoints = useAnswer(
    'serving',
    'endpoints',
    { query: { limit: namesAsked } },
    { enabled: wanted && may('serving:read') },
  );
  const issues = useAnswer(
    'llm',
    'listIssues',
    { query: { text: asked, limit: mostOfKind } },
    { enabled: wanted && may('traces:read') },
  );
  const pages = navigation
    .flatMap(({ entries }) => entries)
    .filter(({ permission }) => may(permission))
    .map(({ label, to }) => ({ title: t(label), to }));
  if (!wanted) {
    const recent = recentPages(me.id);
    return {
      groups: [
        { title: 'palette.recent' as const, destinations: recent },
        { title: 'palette.pages' as const, destinations: pages },
      ].filter(({ destinations }) => destinations.length > 0),
      isLooking: false,
    };
  }
  const groups: readonly DestinationGroup[] = [
    { title: 'palette.pages', destinations: matching(pages) },
    {
      title: 'palette.experiments',
      destinations: matching(
        (experiments.data?.items ?? []).map(({ name }) => ({
          title: name,
          to: `/runs?${new URLSearchParams({ experiment: name })}`,
        })),
      ),
    },
    {
      title: 'palette.runs',
      destinations: (runs.data?.items ?? []).map(({ id, name, experiment }) => ({
        title: name,
        note: experiment,
        to: `/runs/${id}`,
      })),
    },
    {
      title: 'palette.models',
      destinations: matching(
        (models.data?.items ?? []).map(({ name }) => ({
          title: name,
          to: `/models/${encodeURIComponent(name)}`,
        })),
      ),
    },
    {
      title: 'palette.endpoints',
      destinations: matching(
        (endpoints.data?.items ?? []).map(({ name }) => ({
          title: name,
          to: `/endpoints/${encodeURIComponent(name)}`,
        })),
      ),
    },
    {
      title: 'palette.issues',
      destinations: (issues.data?.items ?? []).map(({ id, name }) => ({ title: name, to: `/issues/${id}` })),
    },
  ];
  return {
    groups: groups.filter(({ destinations }) => destinations.length > 0),
    isLooking:
      words.trim() !== asked ||
      [experiments, runs, models, endpoints, issues].some((query) => query.isFetching),
  };

  function matching(list: readonly Destination[]): readonly Destination[] {
    const sought = plain(asked);
    return list.filter(({ title }) => plain(title).includes(sought)).slice(0, mostOfKind);
  }
}

/** Without case and accents. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
}
