import { NativeSelect } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useAnswer } from '../api/use-answer.ts';
import { useProjectFilter } from '../api/use-project-filter.ts';
import { useMessages } from '../messages/use-messages.tsx';

/** Narrows the lists to one project. */
export function ProjectSwitch() {
  const { t } = useMessages();
  const [, setSearch] = useSearchParams();
  const chosen = useProjectFilter();
  const projects = useAnswer('projects', 'projects', { query: { limit: 200 } });
  const names = (projects.data?.items ?? []).map((project) => project.name);
  const shown = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return (
    <NativeSelect
      aria-label={t('nav.project')}
      value={chosen ?? ''}
      onChange={(event) => choose(event.currentTarget.value)}
      data={[{ value: '', label: t('nav.allProjects') }, ...shown]}
    />
  );

  function choose(project: string): void {
    setSearch((current) => {
      const next = new URLSearchParams(current);
      if (project) next.set('project', project);
      else next.delete('project');
      return next;
    });
  }
}
