import { PageHeader } from '../../components/page-header.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { MonitorsPanel } from './monitors-panel.tsx';
import { RetrainingPanels } from './retraining-panels.tsx';

/** What is wrong now, who watches, and what was retrained because of it. */
export function MonitoringPage() {
  const { t } = useMessages();
  return (
    <>
      <PageHeader title={t('monitoring.title')}>{t('monitoring.lead')}</PageHeader>
      <AlertsPanel />
      <MonitorsPanel />
      <RetrainingPanels />
    </>
  );
}
