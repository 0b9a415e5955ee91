import type { SendWhat } from '../../../client/sends.ts';
import { UserError } from '../../../lib/errors.ts';

export interface WhatOptions {
  notification?: string | undefined;
  report?: string;
  account?: string;
  channel?: string;
  channelName?: string;
  workspace?: string;
  params?: string;
  name?: string;
}

/** What the options name. Throws a UserError for options that do not belong together. */
export function whatOf(options: WhatOptions): SendWhat {
  const { notification, report, account, channel, channelName, workspace, params, name } = options;
  if (notification === undefined) {
    if (report === undefined) {
      throw UserError.input(
        'invalid_options',
        'Name a notification, or a report with --report, --account and --channel',
      );
    }
    if (account === undefined || channel === undefined) {
      const missing = (['account', 'channel'] as const).filter((field) => options[field] === undefined);
      throw UserError.input('invalid_options', `--report needs ${missing.map(optionOf).join(' and ')} too`);
    }
    return { report, account, channel, channelName, workspace, params, name };
  }
  const said = FIELDS.filter((field) => options[field] !== undefined).map(optionOf);
  if (said.length === 0) return { notification };
  throw UserError.input(
    'invalid_options',
    `${said.join(', ')}: belongs to a report; "${notification}" is a notification`,
    {
      hint: 'To send it to another channel: `slack-reports send <notification> --test --to <channel>`.',
    },
  );
}

const FIELDS = ['report', 'account', 'channel', 'channelName', 'workspace', 'params', 'name'] as const;

function optionOf(field: string): string {
  return field === 'channelName' ? '--channel-name' : `--${field}`;
}
