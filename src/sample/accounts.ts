/** Invented customers, each with a channel of its own in the sandbox workspace. */
export const SAMPLE_ACCOUNTS = [
  { id: 'acme', name: 'Acme', timezone: 'Europe/Berlin' },
  { id: 'bluebird', name: 'Bluebird', timezone: 'America/New_York' },
  { id: 'cedar', name: 'Cedar & Sons', timezone: 'Europe/London' },
  { id: 'dockside', name: 'Dockside', timezone: 'Europe/Amsterdam' },
  { id: 'everline', name: 'Everline', timezone: 'Asia/Tokyo' },
  { id: 'fernhill', name: 'Fernhill', timezone: 'Australia/Sydney' },
  { id: 'granite', name: 'Granite', timezone: 'America/Denver' },
  { id: 'harbor', name: 'Harbor', timezone: 'America/Los_Angeles' },
  { id: 'ironwood', name: 'Ironwood', timezone: 'Europe/Madrid' },
  { id: 'juniper', name: 'Juniper', timezone: 'America/Sao_Paulo' },
  { id: 'kestrel', name: 'Kestrel', timezone: 'Asia/Kolkata' },
  { id: 'lumen', name: 'Lumen', timezone: 'Africa/Nairobi' },
] as const;

/** The sandbox's channels are named after the accounts: `C0ACME`, `#acme-reports`. */
export function sampleChannel(accountId: string): { id: string; name: string } {
  return { id: `C0${accountId.toUpperCase()}`, name: `#${accountId}-reports` };
}
