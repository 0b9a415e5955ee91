import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { completionCommand } from './completion.ts';
import { listedCommands } from './listed.ts';

/** In the order of the help. Each is loaded only when it is used: all together take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandUnknownOpts>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  init: async () => (await import('./init.ts')).initCommand(),
  setup: async () => (await import('./setup.ts')).setupCommand(),
  schedule: async () => (await import('./schedule/index.ts')).scheduleCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  send: async () => (await import('./send/index.ts')).sendCommand(),
  runs: async () => (await import('./runs/index.ts')).runsCommand(),
  notifications: async () => (await import('./notifications/index.ts')).notificationsCommand(),
  report: async () => (await import('./report/index.ts')).reportCommand(),
  preview: async () => (await import('./preview.ts')).previewCommand(),
  deliveries: async () => (await import('./deliveries.ts')).deliveriesCommand(),
  why: async () => (await import('./why.ts')).whyCommand(),
  failures: async () => (await import('./failures.ts')).failuresCommand(),
  redrive: async () => (await import('./redrive.ts')).redriveCommand(),
  resend: async () => (await import('./resend.ts')).resendCommand(),
  unconfirmed: async () => (await import('./unconfirmed.ts')).unconfirmedCommand(),
  cancel: async () => (await import('./cancel.ts')).cancelCommand(),
  parked: async () => (await import('./parked.ts')).parkedCommand(),
  resume: async () => (await import('./resume.ts')).resumeCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  ledger: async () => (await import('./ledger/index.ts')).ledgerCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  owners: async () => (await import('./owners.ts')).ownersCommand(),
  workspaces: async () => (await import('./workspaces/index.ts')).workspacesCommand(),
  'codec-server': async () => (await import('./codec-server.ts')).codecServerCommand(),
};

/**
 * The command of this name. For the help and an unknown name: all commands, in the published package without their
 * options. The completion needs those.
 */
export async function commandsFor(
  name: string | undefined,
  program: CommandUnknownOpts,
): Promise<CommandUnknownOpts[]> {
  const load = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (load !== undefined) return [await load()];
  return (name === 'completion' ? undefined : listedCommands(program)) ?? loadCommands(program);
}

export async function loadCommands(program: CommandUnknownOpts): Promise<CommandUnknownOpts[]> {
  const all = await Promise.all(Object.values(COMMANDS).map((each) => each()));
  return [...all, completionCommand(() => program)];
}
