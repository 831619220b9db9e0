import { useMemo } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { armLines, slowestP95, totalRows } from './arm-lines.ts';
import { armNameText } from './arm-name.tsx';

/** Rows per minute and latency of each arm over the last hour, with the level that was promised. */
export function TrafficCharts({ endpoint }: { readonly endpoint: Answer<'serving', 'endpoint'> }) {
  const { t, format } = useMessages();
  const traffic = useAnswer('serving', 'traffic', { params: { name: endpoint.name }, query: {} });
  const project = useAnswer('projects', 'project', { params: { name: endpoint.project } });
  const minutes = traffic.data?.items;
  const rows = useMemo(
    () => armLines(minutes ?? [], totalRows, (name) => armNameText(name, t)),
    [minutes, t],
  );
  const latencies = useMemo(
    () => armLines(minutes ?? [], slowestP95, (name) => armNameText(name, t)),
    [minutes, t],
  );
  const promised = project.data?.sla.p95Ms;
  const level = useMemo(
    () => (promised === undefined ? undefined : { value: promised, label: t('endpoint.slaLine') }),
    [promised, t],
  );
  return (
    <Columns least={420}>
      <Panel title={t('endpoint.traffic')}>
        <Answered query={traffic}>
          {({ items }) =>
            items.length === 0 ? (
              <QuietText>{t('endpoint.noTraffic')}</QuietText>
            ) : (
              <LineChart
                name={t('endpoint.traffic')}
                lines={rows}
                scale="time"
                formatValue={format.integer}
                fromZero
                area
              />
            )
          }
        </Answered>
      </Panel>
      <Panel title={t('endpoint.latency')}>
        <Answered query={traffic}>
          {({ items }) =>
            items.length === 0 ? (
              <QuietText>{t('endpoint.noTraffic')}</QuietText>
            ) : (
              <LineChart
                name={t('endpoint.latency')}
                lines={latencies}
                scale="time"
                formatValue={format.duration}
                fromZero
                {...(level ? { level } : {})}
              />
            )
          }
        </Answered>
      </Panel>
    </Columns>
  );
}
