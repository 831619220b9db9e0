import type { Answer } from '../../api/answers.ts';
import { NodeKindLink } from '../../components/node-kind.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import './lifecycle-strip.css';

export type Lifecycle = Answer<'projects', 'project'>['lifecycle'];

/** The way of a model as a belt of stages: reached ones are filled, the first open one is marked as next. */
export function LifecycleStrip({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  const { t } = useMessages();
  const next = lifecycle.find((stage) => stage.lastAt === null)?.stage;
  return (
    <ol className="lifecycle">
      {lifecycle.map((entry) => {
        return (
          <li
            key={entry.stage}
            data-reached={entry.lastAt !== null}
            data-next={entry.stage === next}
            data-stage={entry.stage}
          >
            <span className="lifecycle-mark" aria-hidden="true" />
            <span className="lifecycle-name">{t(`lifecycle.${entry.stage}`)}</span>
            <span className="lifecycle-when">
              {entry.lastAt === null ? (
                t(entry.stage === next ? 'project.next' : 'project.notYet')
              ) : (
                <TimeText at={entry.lastAt} />
              )}
            </span>
            <span className="lifecycle-node">
              {entry.node ? <NodeKindLink node={entry.node} /> : null}
              {entry.times > 1 ? (
                <span title={t('project.stageTimes', { count: entry.times })}> ×{entry.times}</span>
              ) : null}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** The same belt in a line of dots, for lists. */
export function LifecycleDots({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  const { t } = useMessages();
  const reached = lifecycle.filter((stage) => stage.lastAt !== null).length;
  return (
    <span className="lifecycle-dots" role="img" aria-label={t('projects.stagesReached', { count: reached })}>
      {lifecycle.map((entry) => (
        <span key={entry.stage} data-reached={entry.lastAt !== null} title={t(`lifecycle.${entry.stage}`)} />
      ))}
    </span>
  );
}
