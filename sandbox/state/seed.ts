import type { Change } from './types.ts';

/** The bot token of the workspace that a new sandbox has. */
export const DEFAULT_TOKEN = 'xoxb-sandbox';

/** What a reporting app asks for at installation. */
export const DEFAULT_SCOPES = [
  'chat:write',
  'channels:read',
  'groups:read',
  'channels:join',
  'channels:history',
  'groups:history',
  'im:write',
  'im:read',
  'im:history',
  'files:write',
  'files:read',
];

const WORKSPACE = 'T0SANDBOX';

const CUSTOMERS = [
  'acme',
  'bluebird',
  'cedar',
  'dockside',
  'everline',
  'fernhill',
  'granite',
  'harbor',
  'ironwood',
  'juniper',
  'kestrel',
  'lumen',
];

/** The workspace that every sandbox starts with. */
export function seed(): Change[] {
  return [
    { type: 'workspace', workspace: { id: WORKSPACE, name: 'Sandbox' } },
    {
      type: 'token',
      token: { token: DEFAULT_TOKEN, workspace: WORKSPACE, scopes: [...DEFAULT_SCOPES], state: 'ok' },
    },
    ...CUSTOMERS.map((name) => channel(`C0${name.toUpperCase()}`, `${name}-reports`)),
    channel('C0OPS', 'ops-pulse'),
    channel('C0LEADERS', 'leadership', { private: true }),
    channel('C0LEGACY', 'legacy-reports', { archived: true }),
    channel('C0NEWS', 'company-news', { member: false }),
    channel('C0BOARD', 'board', { private: true, member: false }),
  ];
}

function channel(
  id: string,
  name: string,
  differences: { private?: boolean; archived?: boolean; member?: boolean } = {},
): Change {
  return {
    type: 'channel',
    channel: { id, workspace: WORKSPACE, name, private: false, archived: false, member: true, ...differences },
  };
}
