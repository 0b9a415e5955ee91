import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { completionCommand } from './completion.ts';

/** In the order of the help. What a command needs is loaded when it is asked for: all together take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandUnknownOpts>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  setup: async () => (await import('./setup.ts')).setupCommand(),
  schedule: async () => (await import('./schedule/index.ts')).scheduleCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  send: async () => (await import('./send/index.ts')).sendCommand(),
  runs: async () => (await import('./runs.ts')).runsCommand(),
  notifications: async () => (await import('./notifications.ts')).notificationsCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  preview: async () => (await import('./preview.ts')).previewCommand(),
  deliveries: async () => (await import('./deliveries.ts')).deliveriesCommand(),
  why: async () => (await import('./why.ts')).whyCommand(),
  failures: async () => (await import('./failures.ts')).failuresCommand(),
  redrive: async () => (await import('./second-chances.ts')).redriveCommand(),
  resend: async () => (await import('./second-chances.ts')).resendCommand(),
  cancel: async () => (await import('./second-chances.ts')).cancelCommand(),
  parked: async () => (await import('./parked.ts')).parkedCommand(),
  resume: async () => (await import('./second-chances.ts')).resumeCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./backup.ts')).restoreCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  workspaces: async () => (await import('./workspaces.ts')).workspacesCommand(),
  'codec-server': async () => (await import('./codec-server.ts')).codecServerCommand(),
};

/**
 * The command of this name; all commands where they are listed or none is meant: for the help, the completion and a name
 * that nobody knows.
 */
export async function commandsFor(
  name: string | undefined,
  program: CommandUnknownOpts,
): Promise<CommandUnknownOpts[]> {
  const load = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (load !== undefined) return [await load()];
  const all = await Promise.all(Object.values(COMMANDS).map((each) => each()));
  return [...all, completionCommand(() => program)];
}
