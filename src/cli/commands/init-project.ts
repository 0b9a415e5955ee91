import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../../lib/errors.ts';

/** A file that was written, or was there and stays as it is. */
export interface Addition {
  file: string;
  isNew: boolean;
}

interface Manifest {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const START = 'slack-reports start --worker worker.ts --notifications notifications.json';
const WORKER = 'node worker.ts';

/** By the file that each keeps its versions in, then by the one that runs us. */
export function findPackageManager(folder: string, env: NodeJS.ProcessEnv): string {
  const lockFiles = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'package-lock.json': 'npm' };
  const [, found] = Object.entries(lockFiles).find(([file]) => existsSync(join(folder, file))) ?? [];
  const [running = ''] = (env['npm_config_user_agent'] ?? '').split('/');
  return found ?? (['pnpm', 'yarn', 'bun'].includes(running) ? running : 'npm');
}

/**
 * Adds the dependency and the scripts to `package.json`, or writes one. Scripts of the project stay: where `start` or
 * `worker` is taken, ours are `reports:start` and `reports:worker`. Returns the name of the script that starts everything.
 */
export function addToPackage(
  folder: string,
  { name, version }: { name: string; version: string },
): { files: Addition[]; script: string } {
  const file = join(folder, 'package.json');
  const isNew = !existsSync(file);
  const text = isNew
    ? JSON.stringify({ name: packageName(name), private: true, type: 'module' })
    : readFileSync(file, 'utf8');
  const manifest = parse(file, text);
  const scripts = { ...manifest.scripts };
  const script = addScript(scripts, 'start', START);
  addScript(scripts, 'worker', WORKER);
  const isKnown = { ...manifest.dependencies, ...manifest.devDependencies }['slack-reports'] !== undefined;
  const dependencies = isKnown ? manifest.dependencies : { ...manifest.dependencies, 'slack-reports': `^${version}` };
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? 2;
  const changed = `${JSON.stringify({ ...manifest, scripts, dependencies }, null, indent)}\n`;
  if (changed !== text) writeFileSync(file, changed);
  return { files: [{ file: 'package.json', isNew: changed !== text }], script };
}

function addScript(scripts: Record<string, string>, name: string, command: string): string {
  const own = [name, `reports:${name}`].find((one) => scripts[one] === undefined || scripts[one] === command);
  const chosen = own ?? `reports:${name}`;
  scripts[chosen] ??= command;
  return chosen;
}

function parse(file: string, text: string): Manifest {
  try {
    return JSON.parse(text) as Manifest;
  } catch (error) {
    throw UserError.input('malformed_file', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'Nothing was written.',
    });
  }
}

/** https://docs.npmjs.com/cli/configuring-npm/package-json#name */
function packageName(folder: string): string {
  return (
    folder
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-') ?? 'reports'
  );
}

/** Writes what is not there, and returns all. */
export function writeProjectFiles(folder: string): Addition[] {
  return Object.entries(projectFiles()).map(([file, content]) => {
    const path = join(folder, file);
    const isNew = !existsSync(path);
    mkdirSync(dirname(path), { recursive: true });
    if (isNew) writeFileSync(path, content, { flag: 'wx' });
    return { file, isNew };
  });
}

/** Of a project, by path. */
function projectFiles(): Record<string, string> {
  return {
    'worker.ts': WORKER_FILE,
    'workflows.ts': WORKFLOWS_FILE,
    'my-reports/hello.ts': REPORT_FILE,
    'my-sources/customers.ts': SOURCE_FILE,
    'notifications.json': notificationsFile(Intl.DateTimeFormat().resolvedOptions().timeZone),
    '.env.example': readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8'),
    '.gitignore': 'node_modules\n.env\n/data/\n',
  };
}

const WORKER_FILE = `import { fileURLToPath } from 'node:url';
import { runWorker } from 'slack-reports';

await runWorker({ workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)) });
`;

const WORKFLOWS_FILE = `export * from 'slack-reports/workflows';
// Workflows of your own, in the same worker: export * from './my-workflows.ts';
`;

const REPORT_FILE = `import { defineReport, figures, header, section, z } from 'slack-reports/reports';

export default defineReport({
  name: 'hello',
  description: 'A first report; change load to read your own data',

  // What a notification may set; checked when it is added.
  params: z.strictObject({
    days: z.number().int().min(1).max(90).default(7).describe('how many days back'),
  }),

  // Gets the data, with a query or a request of yours. May fail: it is retried.
  async load({ account, params: { days } }) {
    return { account, orders: 12 * days, returns: days };
  },

  // Makes the message from the data, and from nothing else: no clock, no I/O.
  render({ account, orders, returns }, { params: { days }, format }) {
    return {
      text: \`\${account}: \${format.number(orders)} orders in \${days} days\`,
      blocks: [
        header(\`\${account} in \${days} days\`),
        figures(
          [
            { label: 'Orders', value: orders },
            { label: 'Returns', value: returns },
          ],
          format,
        ),
        section('Made-up figures. Change load in my-reports/hello.ts.'),
      ],
    };
  },
});
`;

const SOURCE_FILE = `import { defineSource } from 'slack-reports/sources';

/** Who gets a report when the schedule "weekdays" fires: slack-reports schedule create weekdays --every "weekday at 09:00" */
export const customers = defineSource({
  name: 'customers',
  schedules: ['weekdays'],

  // Asked for a page at a time, until \`next\` is undefined. The same request gives the same ids: it may be asked again.
  async due({ cursor = '', limit }) {
    const page = await customersAfter(cursor, limit);
    return {
      notifications: page.map(({ id, channel }) => ({
        id,
        account: id,
        report: 'hello',
        channel,
        // For real Slack leave it out: the workspace is \`default\` then.
        workspace: 'sandbox',
      })),
      next: page.at(-1)?.id,
    };
  },
});

/** Put your own query here: select id, channel from customers where id > $1 order by id limit $2 */
async function customersAfter(after: string, limit: number) {
  const customers = [{ id: 'lumen', channel: 'C0LUMEN' }];
  return customers.filter(({ id }) => id > after).slice(0, limit);
}
`;

/** The first one, to a channel that the sandbox has. */
function notificationsFile(timezone: string): string {
  const hello = {
    id: 'hello',
    account: 'acme',
    report: 'hello',
    params: { days: 7 },
    workspace: 'sandbox',
    channel: 'C0ACME',
    channel_name: '#acme-reports',
    every: 'weekday at 09:00',
    timezone,
  };
  return `${JSON.stringify([hello], null, 2)}\n`;
}
