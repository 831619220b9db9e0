import { EmptyState } from '../components/empty-state.tsx';
import { TextLink } from '../components/text-link.tsx';
import { useMessages } from '../messages/use-messages.tsx';

export function NotFoundPage() {
  const { t } = useMessages();
  return (
    <EmptyState
      title={t('state.notFound')}
      hint={
        <>
          {t('state.notFoundHint')} <TextLink to="/projects">{t('state.home')}</TextLink>
        </>
      }
    />
  );
}
