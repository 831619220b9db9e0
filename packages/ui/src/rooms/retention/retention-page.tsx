import { useMay } from '../../api/session.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { BackupsPanel } from './backups-panel.tsx';
import { CollectionsPanel } from './collections-panel.tsx';
import { HoldForm } from './hold-form.tsx';
import { HoldsPanel } from './holds-panel.tsx';
import { PoliciesPanel } from './policies-panel.tsx';
import { PolicyForm } from './policy-form.tsx';

/** For how long things are kept, what nobody may remove, what was freed, and the archives of all. */
export function RetentionPage() {
  const { t } = useMessages();
  const mayWrite = useMay('retention:write');
  const mayHold = useMay('holds:manage');
  const maySeeBackups = useMay('backups:read');
  return (
    <>
      <PageHeader title={t('retention.title')}>{t('retention.lead')}</PageHeader>
      <CollectionsPanel />
      <PoliciesPanel form={mayWrite ? <PolicyForm /> : null} />
      <HoldsPanel form={mayHold ? <HoldForm /> : null} />
      {maySeeBackups ? <BackupsPanel /> : null}
    </>
  );
}
