import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { Answer, ListItem } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { GateList } from '../../components/gate-list.tsx';
import { Panel } from '../../components/panel.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';

type Version = Answer<'registry', 'versionById'>;
type Endpoint = ListItem<'serving', 'endpoints'>;

/** Whether a version may be deployed at an endpoint of its model, by every rule. */
export function GatePanel({ version }: { readonly version: Version }) {
  const { t } = useMessages();
  const [chosen, setChosen] = useState<string>();
  const endpoints = useAnswer('serving', 'endpoints', { query: { project: version.project, limit: 200 } });
  const candidates = (endpoints.data?.items ?? []).filter((endpoint) => endpoint.model === version.model);
  const endpoint = candidates.find((candidate) => candidate.name === chosen) ?? candidates[0];
  return (
    <Panel
      title={t('gates.title')}
      hint={t('gates.hint')}
      flush
      actions={
        endpoint ? (
          <NativeSelect
            aria-label={t('gates.endpoint')}
            value={endpoint.name}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={candidates.map(({ name, stage }) => ({
              value: name,
              label: `${name} (${t(`stage.${stage}`)})`,
            }))}
          />
        ) : null
      }
    >
      <Answered query={endpoints}>
        {() =>
          endpoint ? (
            <Verdicts version={version} endpoint={endpoint} />
          ) : (
            <EmptyState
              title={t('gates.noEndpoint')}
              hint={t('gates.noEndpointHint')}
              command={commandLines.createEndpoint(version.project, version.model)}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function Verdicts({ version, endpoint }: { readonly version: Version; readonly endpoint: Endpoint }) {
  const report = useAnswer('governance', 'evaluateGates', {
    body: {
      subject: {
        kind: 'deployment',
        project: version.project,
        model: version.model,
        modelVersionId: version.id,
        endpoint: endpoint.name,
        stage: endpoint.stage,
      },
    },
  });
  return <Answered query={report}>{(answer) => <GateList report={answer} />}</Answered>;
}
