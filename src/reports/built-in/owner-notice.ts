import { z } from 'zod';
import { adviceOn } from '../../domain/advice.ts';
import { type Notice, NOTICE_REPORT } from '../../domain/owner.ts';
import { context, section } from '../blocks/blocks.ts';
import type { Format } from '../blocks/format.ts';
import { bold, join, mrkdwn, type Text } from '../blocks/text.ts';
import { defineReport } from '../define.ts';

const params = z.object({
  kind: z.enum(['trouble', 'recovery']),
  since: z.iso.datetime(),
  until: z.iso.datetime().optional(),
  notifications: z.number(),
  endings: z.array(z.object({ state: z.string(), code: z.string(), message: z.string(), count: z.number() })),
  named: z.array(z.object({ notification: z.string(), channel: z.string() })),
}) satisfies z.ZodType<Notice>;

/** Tells an owner once a streak that notifications do not arrive, and once that they do again. Not for notifications of users. */
export const ownerNotice = defineReport({
  name: NOTICE_REPORT,
  description: 'Tells an owner that notifications do not arrive, or that they do again',
  params,
  footer: false,

  load: async ({ params: notice }) => notice,

  render(notice, { format }) {
    const many = `${format.number(notice.notifications)} notification${notice.notifications === 1 ? '' : 's'}`;
    const since = format.dateTime(new Date(notice.since));
    if (notice.kind === 'recovery') {
      const text = mrkdwn`${many} arrived again`;
      return {
        text,
        blocks: [
          section(mrkdwn`:white_check_mark: ${bold(text)}`),
          context(`In trouble since ${since} ${format.timezone}`),
        ],
      };
    }
    const verb = notice.notifications === 1 ? 'does' : 'do';
    const text = mrkdwn`${many} ${verb} not arrive, since ${since} ${format.timezone}`;
    return {
      text,
      blocks: [
        section(mrkdwn`:rotating_light: ${bold(text)}`),
        section(join(notice.endings.map((ending) => endingText(ending, format)))),
        section(join(namedLines(notice))),
        context(
          mrkdwn`All of them: \`slack-reports failures list\`. This notice comes once; the next one says when they arrive again.`,
        ),
      ],
    };
  },
});

function endingText({ state, code, message, count }: Notice['endings'][number], format: Format): Text {
  const why = code === state ? '' : `: ${code}`;
  const said = message === '' || message === code ? mrkdwn`` : mrkdwn`\n> ${message}`;
  return mrkdwn`• ${bold(format.number(count))} ${state}${why}. What to do: ${adviceOn(state, code)}${said}`;
}

function namedLines({ named, notifications }: Notice): Text[] {
  const lines: Text[] = named.map(({ notification, channel }) => mrkdwn`• ${notification} → ${channel}`);
  const more = notifications - named.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}
