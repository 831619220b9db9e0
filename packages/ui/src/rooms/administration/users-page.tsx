import { useMay } from '../../api/session.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { TokensPanel } from './tokens-panel.tsx';
import { UsersPanel } from './users-panel.tsx';

/** People, service accounts, and one's own tokens. */
export function UsersPage() {
  const { t } = useMessages();
  const mayRead = useMay('users:read');
  return (
    <>
      <PageHeader title={t('users.title')}>{t('users.lead')}</PageHeader>
      {mayRead ? <UsersPanel /> : null}
      <TokensPanel />
    </>
  );
}
