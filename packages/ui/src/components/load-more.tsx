import { Button, Center } from '@mantine/core';
import { useMessages } from '../messages/use-messages.tsx';

/** What a list knows of its further pages. */
export interface More {
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore(): void;
}

/** The way to the next page of a list; nothing on the last. */
export function LoadMore({ more }: { readonly more: More }) {
  const { t } = useMessages();
  if (!more.hasMore) return null;
  return (
    <Center p="xs">
      <Button variant="subtle" loading={more.isLoadingMore} onClick={() => more.loadMore()}>
        {t('state.more')}
      </Button>
    </Center>
  );
}
