import {
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import {
  type Answer,
  callOperation,
  type ListItem,
  type Question,
  type RoomName,
  type VerbOf,
} from './answers.ts';
import { useSession } from './session.tsx';

interface AnswerOptions<Data> {
  readonly enabled?: boolean;
  /** Asks again after so many milliseconds; `false` once there is nothing more to wait for. */
  readonly every?: (data: Data | undefined) => number | false;
}

/** Asks an operation that only reads; the same question asked twice is one request. */
export function useAnswer<Room extends RoomName, Verb extends VerbOf<Room>>(
  room: Room,
  verb: Verb,
  input: Question<Room, Verb>,
  options: AnswerOptions<Answer<Room, Verb>> = {},
): UseQueryResult<Answer<Room, Verb>> {
  const { client } = useSession();
  const { every } = options;
  return useQuery<Answer<Room, Verb>>({
    queryKey: [room, verb, input],
    queryFn: ({ signal }) => callOperation(client, room, verb, input, signal),
    enabled: options.enabled ?? true,
    refetchInterval: every ? (query) => every(query.state.data) : false,
  });
}

/** A list read page by page. */
export interface Pages<Item> {
  readonly items: readonly Item[] | undefined;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore(): void;
  retry(): void;
}

/** Asks a list by pages; `loadMore` follows the cursor. */
export function usePages<Room extends RoomName, Verb extends VerbOf<Room>>(
  room: Room,
  verb: Verb,
  input: Question<Room, Verb>,
  options: { readonly every?: (items: readonly ListItem<Room, Verb>[] | undefined) => number | false } = {},
): Pages<ListItem<Room, Verb>> {
  type Page = { items: readonly ListItem<Room, Verb>[]; nextCursor?: string };
  const { client } = useSession();
  const { every } = options;
  const query = useInfiniteQuery({
    queryKey: [room, verb, input, 'pages'],
    queryFn: async ({ pageParam, signal }) =>
      (await callOperation(client, room, verb, withCursor(input, pageParam), signal)) as unknown as Page,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: every
      ? (current) => every(current.state.data?.pages.flatMap((page) => page.items))
      : false,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items),
    error: query.error,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}

/** Asks an operation that changes something; afterwards everything shown of the room is asked again. */
export function useAction<Room extends RoomName, Verb extends VerbOf<Room>>(room: Room, verb: Verb) {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation<Answer<Room, Verb>, Error, Question<Room, Verb>>({
    mutationFn: (input) => callOperation(client, room, verb, input),
    onSuccess: () => queries.invalidateQueries({ queryKey: [room] }),
  });
}

function withCursor<Input>(input: Input, cursor: string | undefined): Input {
  if (cursor === undefined) return input;
  const { query, ...rest } = input as { query?: object };
  return { ...rest, query: { ...query, cursor } } as Input;
}
