import { alertsApi } from './alerts.ts';
import { labelsApi } from './labels.ts';
import { monitorsApi } from './monitors.ts';
import { retrainingApi } from './retraining.ts';

/** Operations of the room monitoring. */
export const monitoringApi = { ...monitorsApi, ...labelsApi, ...alertsApi, ...retrainingApi } as const;
