import { Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'react-router';
import { useSession } from '../api/session.tsx';
import { rememberPage } from './recent-pages.ts';
import { TextLink } from './text-link.tsx';

interface PageHeaderProps {
  readonly title: ReactNode;
  /** Name for the browser's tab; the title when that is a text. */
  readonly documentTitle?: string;
  /** Where this page hangs: `[label, address]` from the outside in. */
  readonly path?: readonly (readonly [label: string, to: string])[];
  readonly status?: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** The head of every page: where it hangs, what it is, its state, what can be done. */
export function PageHeader({ title, documentTitle, path, status, actions, children }: PageHeaderProps) {
  const { me } = useSession();
  const { pathname, search } = useLocation();
  const hangs = path !== undefined;
  const tabName = documentTitle ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = tabName ? `${tabName} · Esteira` : 'Esteira';
    if (hangs && tabName) rememberPage(me.id, { to: pathname + search, title: tabName });
  }, [tabName, hangs, me.id, pathname, search]);
  return (
    <Stack gap={4} mb="md" component="header">
      {path && path.length > 0 ? (
        <Breadcrumbs separatorMargin={6} fz="xs" c="dimmed">
          {path.map(([label, to]) => (
            <TextLink key={to} to={to}>
              {label}
            </TextLink>
          ))}
        </Breadcrumbs>
      ) : null}
      <Group justify="space-between" align="center" gap="sm">
        <Group gap="sm" align="center">
          <Title order={1} className="wrap-anywhere">
            {title}
          </Title>
          {status}
        </Group>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children ? (
        <Text component="div" size="sm" c="dimmed" maw={900}>
          {children}
        </Text>
      ) : null}
    </Stack>
  );
}
