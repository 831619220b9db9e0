import { useMay } from '../../api/session.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { CollectionsPanel } from './collections-panel.tsx';
import { HoldForm } from './hold-form.tsx';
import { HoldsPanel } from './holds-panel.tsx';
import { PoliciesPanel } from './policies-panel.tsx';
import { PolicyForm } from './policy-form.tsx';

/** For how long things are kept, what nobody may remove, and what was freed. */
export function RetentionPage() {
  const { t } = useMessages();
  const mayWrite = useMay('retention:write');
  const mayHold = useMay('holds:manage');
  return (
    <>
      <PageHeader title={t('retention.title')}>{t('retention.lead')}</PageHeader>
      <CollectionsPanel />
      <PoliciesPanel form={mayWrite ? <PolicyForm /> : null} />
      <HoldsPanel form={mayHold ? <HoldForm /> : null} />
    </>
  );
}
