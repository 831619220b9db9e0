import type { Permission } from '@esteira/contracts';
import type { MessageKey } from '../messages/use-messages.tsx';

interface NavigationEntry {
  readonly label: MessageKey & `nav.${string}`;
  readonly to: string;
  /** Addresses that belong to the room. */
  readonly places: readonly string[];
  /** The room keeps to the project that is chosen. */
  readonly byProject: boolean;
  readonly permission: Permission;
  /** An SVG path on a 16 by 16 grid. */
  readonly icon: string;
}

interface NavigationGroup {
  readonly title: 'nav.build' | 'nav.operate' | 'nav.govern';
  readonly entries: readonly NavigationEntry[];
}

/** The rooms in the order of a model's life. */
export const navigation: readonly NavigationGroup[] = [
  {
    title: 'nav.build',
    entries: [
      {
        label: 'nav.projects',
        to: '/projects',
        places: ['/projects'],
        byProject: false,
        permission: 'projects:read',
        icon: 'M2.500 4.500h4l1.500 2h5.500v6.500h-11z',
      },
      {
        label: 'nav.datasets',
        to: '/datasets',
        places: ['/datasets', '/dataset-versions', '/validation-runs', '/splits'],
        byProject: true,
        permission: 'datasets:read',
        icon: 'M2.500 3.500h11v9h-11zM2.500 6.500h11M2.500 9.500h11M6.500 6.500v6',
      },
      {
        label: 'nav.pipelines',
        to: '/pipelines',
        places: ['/pipelines', '/pipeline-runs'],
        byProject: true,
        permission: 'pipelines:read',
        icon: 'M2 6.500h3.500v3.500H2zM10.500 2.500H14V6h-3.500zM10.500 10H14v3.500h-3.500zM5.500 8.200c3 0 2-4 5-4M5.500 8.200c3 0 2 3.600 5 3.600',
      },
      {
        label: 'nav.experiments',
        to: '/experiments',
        places: ['/experiments'],
        byProject: true,
        permission: 'tracking:read',
        icon: 'M6 2.500h4M6.800 2.500v4L3 13.500h10L9.200 6.500v-4M5 10.500h6',
      },
      {
        label: 'nav.runs',
        to: '/runs',
        places: ['/runs', '/studies', '/logged-models'],
        byProject: true,
        permission: 'tracking:read',
        icon: 'M2.500 13.500v-11M2.500 13.500h11M4.500 10.500l3-4 2.500 2 3.500-5',
      },
      {
        label: 'nav.models',
        to: '/models',
        places: ['/models', '/model-versions', '/evaluations'],
        byProject: true,
        permission: 'registry:read',
        icon: 'M8 2l5.500 3v6L8 14l-5.500-3V5zM2.500 5 8 8l5.500-3M8 8v6',
      },
    ],
  },
  {
    title: 'nav.operate',
    entries: [
      {
        label: 'nav.endpoints',
        to: '/endpoints',
        places: ['/endpoints'],
        byProject: true,
        permission: 'serving:read',
        icon: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01',
      },
      {
        label: 'nav.monitoring',
        to: '/monitoring',
        places: ['/monitoring', '/monitors'],
        byProject: false,
        permission: 'monitoring:read',
        icon: 'M1.500 8.500h3l1.500-5 3 9 1.700-5.500.8 1.500h3',
      },
      {
        label: 'nav.traces',
        to: '/traces',
        places: ['/traces'],
        byProject: false,
        permission: 'traces:read',
        icon: 'M2.500 3.500h7M4.500 6.500h9M6.500 9.500h5M8.500 12.500h5',
      },
      {
        label: 'nav.issues',
        to: '/issues',
        places: ['/issues'],
        byProject: false,
        permission: 'traces:read',
        icon: 'M8 2.500 14 13H2zM8 6.500v3.500M8 11.500h.01',
      },
      {
        label: 'nav.prompts',
        to: '/prompts',
        places: ['/prompts'],
        byProject: false,
        permission: 'registry:read',
        icon: 'M2.500 3h11v8h-6l-3 2.500V11h-2zM5 6h6M5 8.500h4',
      },
      {
        label: 'nav.judging',
        to: '/judging',
        places: ['/judging', '/evaluation-datasets', '/scorers'],
        byProject: false,
        permission: 'tracking:read',
        icon: 'M2.500 4.500 4 6l2.500-3M2.500 11 4 12.500l2.500-3M8.500 4.500h5M8.500 11h5',
      },
      {
        label: 'nav.servers',
        to: '/servers',
        places: ['/servers'],
        byProject: false,
        permission: 'replicas:read',
        icon: 'M4 2.500h8v11H4zM6 5h4M6 7.500h4M8 11h.01',
      },
    ],
  },
  {
    title: 'nav.govern',
    entries: [
      {
        label: 'nav.changes',
        to: '/changes',
        places: ['/changes'],
        byProject: false,
        permission: 'changes:read',
        icon: 'M3 5h9.500M10 2.500 12.500 5 10 7.500M13 11H3.500M6 8.500 3.500 11 6 13.500',
      },
      {
        label: 'nav.audit',
        to: '/audit',
        places: ['/audit', '/lineage'],
        byProject: false,
        permission: 'audit:read',
        icon: 'M8 1.800 13 4v4c0 3-2 5-5 6.200C5 13 3 11 3 8V4zM5.700 8l1.700 1.700L10.500 6.500',
      },
      {
        label: 'nav.retention',
        to: '/retention',
        places: ['/retention'],
        byProject: false,
        permission: 'retention:read',
        icon: 'M2.500 3h11v3h-11zM3.500 6v7h9V6M6.500 8.500h3',
      },
      {
        label: 'nav.users',
        to: '/users',
        places: ['/users'],
        byProject: false,
        permission: 'projects:read',
        icon: 'M6 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM1.500 13.500c0-2.500 2-4 4.500-4s4.500 1.500 4.500 4M11 3a2.200 2.200 0 0 1 0 4.200M12 9.800c1.500.5 2.500 1.800 2.500 3.700',
      },
    ],
  },
];
