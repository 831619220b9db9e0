import { PageHeader } from '../components/page-header.tsx';
import { TextLink } from '../components/text-link.tsx';
import { useMessages } from '../messages/use-messages.tsx';

export function NotFoundPage() {
  const { t } = useMessages();
  return (
    <PageHeader title={t('state.notFound')}>
      {t('state.notFoundHint')} <TextLink to="/projects">{t('state.home')}</TextLink>
    </PageHeader>
  );
}
