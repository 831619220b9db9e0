import { VersionLink } from '../../components/version-name.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Who answered, as counts and the log name it: a version's id, `rule`, or nobody where a request was refused. */
export function AnsweredBy({ predictor }: { readonly predictor: string | null }) {
  const { t } = useMessages();
  if (predictor === null || predictor === '') return '–';
  return predictor === 'rule' ? t('endpoint.rule') : <VersionLink id={predictor} />;
}
