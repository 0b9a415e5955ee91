import { UserError } from '../../errors.ts';
import { checkChannel } from '../../notification-input.ts';
import { checkNotifications } from '../check-notifications.ts';
import { withStore } from '../context.ts';
import { fanOut } from '../fan-out.ts';

interface TestOptions {
  test?: boolean;
  to?: string;
  wait?: boolean;
  json?: boolean;
}

/** Sends a notification's report now to another channel, as an occurrence of its own in the ledger. */
export async function sendTest(notification: string | undefined, options: TestOptions): Promise<void> {
  const { test, to, wait, json, ...others } = options;
  if (test !== true || to === undefined || notification === undefined) {
    throw new UserError('invalid_options', 'A test is `send <notification> --test --to <channel>`', {
      hint: '`slack-reports preview <notification>` shows the message and posts nothing.',
    });
  }
  const more = Object.entries(others).filter(([option, value]) => value !== undefined && option !== 'catchupWindow');
  if (more.length > 0) {
    throw new UserError('invalid_options', `--${more[0]?.[0]} does not belong to a test, which is sent now`);
  }
  const channel = checkChannel('--to', to);
  await withStore((store) => checkNotifications(store, [notification]));
  return fanOut({ kind: 'test', notificationId: notification, channel }, { wait: wait !== false, json });
}
