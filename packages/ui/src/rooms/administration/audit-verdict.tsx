import { Alert, Loader, Text } from '@mantine/core';
import { useAnswer } from '../../api/use-answer.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Asks the server to hash the whole log again, and says what came of it. */
export function AuditVerdict() {
  const { t } = useMessages();
  const verdict = useAnswer('governance', 'verifyAudit', { query: {} });
  if (verdict.error) return <ErrorNotice error={verdict.error} retry={() => void verdict.refetch()} />;
  if (!verdict.data || verdict.isFetching) return <Loader size="sm" mb="sm" />;
  const { ok, size, signedHeads, rootHash, unsealed, problems } = verdict.data;
  return (
    <Alert
      mb="sm"
      color={ok ? 'green' : 'red'}
      variant="light"
      role="status"
      title={ok ? t('audit.ok', { size, heads: signedHeads }) : t('audit.bad')}
    >
      <Text size="sm" component="div">
        {t('audit.root')} <DigestText digest={rootHash} length={24} />
      </Text>
      {unsealed > 0 ? <Text size="sm">{t('audit.unsealed', { count: unsealed })}</Text> : null}
      {problems.slice(0, 10).map(({ index, problem }) => (
        <Text key={`${index} ${problem}`} size="sm">
          {t('audit.problemAt', { index, problem })}
        </Text>
      ))}
    </Alert>
  );
}
