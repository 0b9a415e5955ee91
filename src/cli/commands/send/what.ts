import type { Config } from '../../../config.ts';
import type { Delivery } from '../../../domain/delivery.ts';
import type { Selection } from '../../../domain/selection.ts';
import { type NewNotification, timezoneOf } from '../../../domain/notification.ts';
import { UserError } from '../../../lib/errors.ts';
import { parseNotification } from '../../../notifications/input.ts';
import { deliveryId, occurrenceOfInstant, occurrenceOfKey } from '../../../domain/occurrence.ts';
import { loadReports } from '../../../reports/registry.ts';
import { checkKey, hashOf, keyInUse } from '../../../runs/start.ts';
import type { SendTime } from '../../../scheduling/send-time.ts';
import type { Store } from '../../../store/open.ts';
import { checkNotifications, checkWorkspace } from '../../../client/known.ts';

export interface WhatOptions {
  notification?: string | undefined;
  report?: string;
  account?: string;
  channel?: string;
  channelName?: string;
  workspace?: string;
  params?: string;
  name?: string;
  key?: string;
}

/** What is sent, and when. */
export interface Chosen {
  selection: Extract<Selection, { kind: 'notifications' }>;
  /** For people: "Acme weekly report → #acme-reports". */
  what: string;
  time: SendTime | undefined;
  key: string | undefined;
  /** To be added first, if a report is sent without a notification. */
  oneOff: NewNotification | undefined;
}

type TimeIn = (timezone: string) => SendTime | undefined;

/** A notification, or one to be made for this time only. Changes nothing; throws a UserError for wrong options. */
export async function chosen(store: Store, config: Config, options: WhatOptions, timeIn: TimeIn): Promise<Chosen> {
  const { notification: id, key, ...fields } = options;
  if (key !== undefined) checkKey(key);
  const said = FIELDS.filter((field) => fields[field] !== undefined).map(optionOf);
  if (id === undefined) {
    if (options.report !== undefined) return madeFor(store, config, options, timeIn('UTC'));
    throw UserError.input('invalid_options', 'Name a notification, or a report with --report, --account and --channel');
  }
  if (said.length > 0) {
    throw UserError.input('invalid_options', `${said.join(', ')}: belongs to a report; "${id}" is a notification`, {
      hint: 'To send it to another channel: `slack-reports send <notification> --test --to <channel>`.',
    });
  }
  await checkNotifications(store, [id]);
  const found = await store.notifications.find(id);
  if (found?.enabled === false) throw UserError.input('nothing_selected', `Notification "${id}" is disabled`);
  const time = timeIn((found && timezoneOf(found.due)) ?? 'UTC');
  const what = found === undefined ? id : wordsOf(found);
  return { selection: { kind: 'notifications', ids: [id] }, what, time, key, oneOff: undefined };
}

const FIELDS = ['report', 'account', 'channel', 'channelName', 'workspace', 'params', 'name'] as const;

function optionOf(field: string): string {
  return field === 'channelName' ? '--channel-name' : `--${field}`;
}

/** The same request makes the same notification, so asking twice sends once. */
async function madeFor(
  store: Store,
  config: Config,
  options: WhatOptions,
  time: SendTime | undefined,
): Promise<Chosen> {
  const { report, account, channel, channelName: channel_name, workspace, params, name, key } = options;
  const missing = ['account', 'channel'].filter((field) => options[field as keyof WhatOptions] === undefined);
  if (missing.length > 0) {
    throw UserError.input('invalid_options', `--report needs ${missing.map(optionOf).join(' and ')} too`);
  }
  const fields = { account, report, channel, channel_name, workspace, params, name: name ?? `${report}, once` };
  const now = new Date();
  const id = `once-${hashOf(key ?? [fields, occurrenceOfInstant(time?.at ?? now)], 10)}`;
  const reports = await loadReports(config.reportsFolder, config.sample);
  const notification = parseNotification({ id, ...fields, on_demand: true }, now, reports);
  await checkWorkspace(store, notification.workspaceId);
  // Sent now, its id alone identifies it; sent at a time, the time does.
  const ownKey = key ?? (time === undefined ? id : undefined);
  const occurrence = ownKey === undefined ? occurrenceOfInstant(time?.at ?? now) : occurrenceOfKey(ownKey);
  // If the ledger has the delivery, it needs no notification.
  const done = await store.ledger.find(deliveryId(id, occurrence));
  if (key !== undefined) checkSameReport(key, notification, done, await store.notifications.find(id));
  const isDone = done !== undefined;
  const oneOff = isDone ? undefined : { ...notification, due: { kind: 'once' as const } };
  return { selection: { kind: 'notifications', ids: [id] }, what: wordsOf(notification), time, key: ownKey, oneOff };
}

/** The notification made for a key has its id from the key alone, so it must be the same report to the same channel. */
function checkSameReport(
  key: string,
  asked: NewNotification,
  delivery: Delivery | undefined,
  waiting: NewNotification | undefined,
): void {
  const { account, report, params, workspaceId, channel } = asked;
  const wanted = JSON.stringify([account, report, params, workspaceId, channel.id]);
  for (const one of [delivery, waiting]) {
    if (one === undefined) continue;
    const to = typeof one.channel === 'string' ? one.channel : one.channel.id;
    if (JSON.stringify([one.account, one.report, one.params, one.workspaceId, to]) === wanted) continue;
    throw keyInUse(key, `the report ${one.report} of ${one.account} to ${to}`, undefined);
  }
}

function wordsOf({ name, channel }: NewNotification): string {
  return `${name} → ${channel.name ?? channel.id}`;
}
