import { type RunNames, runFieldText } from '@esteira/contracts';
import { Button, Group, NativeSelect } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';
import { useAnswer } from '../../api/use-answer.ts';
import { useProjectFilter } from '../../api/use-project-filter.ts';
import { Answered } from '../../components/answered.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FilterBar } from '../../components/filter/filter-bar.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useAddress } from '../../components/use-address.ts';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { ColumnChooser } from './list/column-chooser.tsx';
import { columnWords, questionWords, readQuestion } from './list/list-question.ts';
import { columnLabel } from './list/run-columns.tsx';
import { RunGroups } from './list/run-groups.tsx';
import { createRunLanguage } from './list/run-language.ts';
import { RunList } from './list/run-list.tsx';
import { SavedViewsMenu } from './list/saved-views-menu.tsx';
import { scopeOf, useRunSample } from './list/use-run-list.ts';
import { runStatuses } from './run-statuses.ts';
import './list/run-list.css';

const noNames: RunNames = { metrics: [], params: [], tags: [], complete: true };
/** Fields of every run that are worth grouping by. */
const groupedAttributes = ['status', 'experiment', 'createdBy'] as const;

/** Runs by experiment, status and the filter language, as a list or in groups; the question stands in the address. */
export function RunsPage() {
  const { t } = useMessages();
  const address = useAddress();
  const project = useProjectFilter();
  const asked = JSON.stringify(readQuestion(address));
  const question = useMemo(() => JSON.parse(asked) as ReturnType<typeof readQuestion>, [asked]);
  const scope = useMemo(() => scopeOf(question, project), [question, project]);
  const order = question.order ?? '';
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const experiments = useAnswer('tracking', 'listExperiments', {
    query: { limit: 1000, ...(project ? { project } : {}) },
  });
  const { names, language } = useRunLanguage(scope.experiment, project);
  const { sample, columns: usual } = useRunSample(scope, order);
  const columns = question.columns ?? usual ?? [];
  const choose = useCallback((id: string) => {
    setChosen((current) => {
      const next = new Set(current);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const { set } = address;
  const applyText = useCallback((text: string) => set({ text }), [set]);
  const isNarrowed = Boolean(question.experiment || question.status || question.filter || question.text);

  return (
    <>
      <PageHeader
        title={t('runs.title')}
        actions={
          <Group gap="xs">
            {chosen.size > 0 ? (
              <Button
                component={Link}
                to={`/runs/compare?${new URLSearchParams([...chosen].map((id) => ['run', id]))}`}
              >
                {t('compare.button', { count: chosen.size })}
              </Button>
            ) : null}
            {question.experiment ? (
              <TextLink to={`/logged-models?${new URLSearchParams({ experiment: question.experiment })}`}>
                {t('loggedModels.title')}
              </TextLink>
            ) : null}
            <SavedViewsMenu
              project={project}
              question={question}
              onShow={(view) => address.set(questionWords(view))}
            />
            <ColumnChooser
              columns={columns}
              names={names}
              onColumns={(next) => address.set({ column: columnWords(next) })}
              onReset={() => address.set({ column: [] })}
            />
          </Group>
        }
      >
        {t('runs.lead')}
      </PageHeader>
      <FilterBar
        address={address}
        placeholder={t('runs.filterHint')}
        language={language}
        experiments={(experiments.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
      >
        <SearchBox
          label={t('runs.text')}
          placeholder={t('runs.textHint')}
          value={question.text ?? ''}
          onApply={applyText}
        />
        <NativeSelect
          aria-label={t('word.status')}
          value={question.status ?? ''}
          onChange={(event) => address.set({ status: event.currentTarget.value })}
          data={[
            { value: '', label: t('runs.anyStatus') },
            ...runStatuses.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
        />
        <NativeSelect
          aria-label={t('groups.by')}
          value={question.group ?? ''}
          onChange={(event) => address.set({ group: event.currentTarget.value })}
          data={groupOptions()}
        />
      </FilterBar>
      <Panel flush>
        <Answered query={sample} lines={8}>
          {({ items }) => {
            if (items.length === 0) return isNarrowed ? <NoneFound /> : <NoneYet />;
            if (question.group)
              return <RunGroups scope={scope} by={question.group} order={order} columns={columns} />;
            return (
              <RunList
                scope={scope}
                order={order}
                columns={columns}
                sample={items}
                onOrder={(next) => address.set({ order: next })}
                onColumns={(next) => address.set({ column: columnWords(next) })}
                chosen={chosen}
                onChoose={choose}
              />
            );
          }}
        </Answered>
      </Panel>
    </>
  );

  function groupOptions(): readonly { value: string; label: string }[] {
    const fields = [
      ...groupedAttributes,
      ...names.params.map((name) => runFieldText({ kind: 'param', name })),
      ...names.tags.map((name) => runFieldText({ kind: 'tag', name })),
    ];
    const { group } = question;
    if (group !== undefined && !fields.includes(group)) fields.unshift(group);
    return [
      { value: '', label: t('groups.notGrouped') },
      ...fields.map((field) => ({
        value: field,
        label: t('groups.byField', { field: field.includes('.') ? field : columnLabel(field, t) }),
      })),
    ];
  }
}

function NoneFound() {
  const { t } = useMessages();
  return <EmptyState title={t('runs.noneFound')} hint={t('runs.noneFoundHint')} />;
}

function NoneYet() {
  const { t } = useMessages();
  return (
    <EmptyState title={t('runs.empty')} hint={t('runs.emptyHint')} command={commandLines.runPipeline()} />
  );
}

/** The names that the runs at hand have, and the filter language that knows them. */
function useRunLanguage(experiment: string | undefined, project: string | undefined) {
  const { t } = useMessages();
  const { client } = useSession();
  const query = useMemo(
    () => ({
      ...(experiment === undefined ? {} : { experiment }),
      ...(project === undefined ? {} : { project }),
    }),
    [experiment, project],
  );
  const names = useAnswer('tracking', 'runNames', { query }).data ?? noNames;
  const language = useMemo(
    () =>
      createRunLanguage({
        names,
        ask: async (field, prefix, signal) =>
          (
            await callOperation(
              client,
              'tracking',
              'runValues',
              { query: { ...query, field, prefix: prefix.slice(0, 200) } },
              signal,
            )
          ).values,
        countOf: (count) => t('runs.count', { count }),
      }),
    [names, client, query, t],
  );
  return { names, language };
}
