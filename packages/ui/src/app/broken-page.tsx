import { Title } from '@mantine/core';
import { useRouteError } from 'react-router';
import { ErrorNotice } from '../components/error-notice.tsx';
import { useMessages } from '../messages/use-messages.tsx';

/** Stands in for a page that threw while it was drawn; the frame around it stays. */
export function BrokenPage() {
  const { t } = useMessages();
  return (
    <>
      <Title order={1}>{t('state.failed')}</Title>
      <ErrorNotice error={useRouteError()} retry={() => window.location.reload()} />
    </>
  );
}
