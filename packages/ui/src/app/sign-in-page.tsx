import { useLoaderData } from 'react-router';
import { ErrorNotice } from '../components/error-notice.tsx';
import { useMessages } from '../messages/use-messages.tsx';
import { SignedOutPage } from './signed-out-page.tsx';

/** Where a sign-in link ends when it did not work; one that works goes on to the projects. */
export function SignInPage() {
  const { t } = useMessages();
  const { error } = useLoaderData<{ readonly error: unknown }>();
  return <SignedOutPage problem={error ? <ErrorNotice error={error} title={t('signIn.failed')} /> : null} />;
}
