import type { LabelGuard } from '@esteira/contracts';
import { Badge, Group } from '@mantine/core';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Version = Answer<'registry', 'versionById'>;

/** Stage, aliases and tags of a version, and which of them move by changes alone. */
export function LabelsPanel({ version }: { readonly version: Version }) {
  const { t } = useMessages();
  const { model, stage, aliases, tags } = version;
  const answer = useAnswer('registry', 'labelGuards', { params: { name: model } });
  const guards = answer.data?.items ?? [];
  const tagEntries = Object.entries(tags);
  const isBare = stage === 'none' && aliases.length === 0 && tagEntries.length === 0;
  return (
    <Panel title={t('modelVersion.labels')}>
      {isBare ? <QuietText>{t('modelVersion.noLabels')}</QuietText> : null}
      <Facts>
        <Fact name={t('modelVersion.stage')}>
          {stage === 'none' ? null : (
            <Label
              text={t(stage === 'archived' ? 'modelVersion.archived' : `stage.${stage}`)}
              guard={guardOf('stage', stage)}
            />
          )}
        </Fact>
        <Fact name={t('models.aliases')}>
          {aliases.length === 0
            ? null
            : aliases.map((alias) => <Label key={alias} text={alias} guard={guardOf('alias', alias)} />)}
        </Fact>
        {tagEntries.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Panel>
  );

  function guardOf(kind: LabelGuard['kind'], label: string): LabelGuard | undefined {
    return guards.find((guard) => guard.kind === kind && guard.label === label);
  }
}

function Label({ text, guard }: { readonly text: string; readonly guard: LabelGuard | undefined }) {
  const { t } = useMessages();
  return (
    <Group gap={6}>
      <Badge size="sm" variant="light" tt="none">
        {text}
      </Badge>
      {guard === undefined ? null : (
        <span className="faint">
          {t(`modelVersion.protected.${guard.because}`)}{' '}
          {guard.because === 'served' ? (
            <TextLink to={`/endpoints/${guard.by}`}>{guard.by}</TextLink>
          ) : (
            <span className="mono">{guard.by}</span>
          )}
        </span>
      )}
    </Group>
  );
}
