import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detailsOf } from '../../src/cli/commands/schedule/details.ts';
import { type App, startApp } from '../support/app.ts';
import { createElsewhere, idFor, json, scheduleOf } from '../support/schedules.ts';
import { until } from '../support/until.ts';

const writeFileOf = ({ folder }: App, ...lines: string[]) =>
  writeFile(join(folder, 'schedules.yaml'), ['schedules:', ...lines].join('\n'));

describe('apply', () => {
  test('makes the schedules what the file says, and the second time finds nothing to change', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = scheduleOf(app);
    const [weekly, six] = [idFor(app, 'weekly'), idFor(app, 'six')];
    await writeFileOf(
      app,
      `  ${weekly}:`,
      '    cron: [0 9 * * 1-5, "*/20 18-20 1,15 * *"]',
      '    timezone: Europe/Berlin',
      '    skip: [12-25, 2027-01-01]',
      '    start: 2026-12-01',
      '    end: 2096-07-01',
      '    jitter: 30 seconds',
      '    overlap: buffer-one',
      '    pause-on-failure: true',
      '    window: 20 minutes',
      `  ${six}: {every: 6 hours + 1 hour, catchup-window: 10 minutes}`,
    );
    const planned = await schedule('apply', '--dry-run');
    expect(planned, planned.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 added, 0 unchanged (--dry-run: nothing was changed)\n'),
    });
    expect(await app.schedules.find(weekly)).toBeUndefined();

    const first = await schedule('apply');
    expect(first.stdout).toBe(
      `+ ${weekly}: */20 18-20 1,15 * *; 0 9 * * MON-FRI Europe/Berlin\n+ ${six}: every 6 hours + 1 hour UTC\n2 added, 0 unchanged\n`,
    );
    expect(first.stderr).toMatch(/^warning: --overlap buffer-one: .*their notifications are not sent/);
    expect(await schedule('apply')).toMatchObject({ code: 0, stdout: 'Nothing to change, 2 unchanged\n', stderr: '' });
    expect(detailsOf(await app.schedules.describe(weekly))).toMatchObject({
      cron: '*/20 18-20 1,15 * *; 0 9 * * MON-FRI',
      timezone: 'Europe/Berlin',
      skip: '12-25, 2027-01-01',
      start: '2026-11-30T23:00:00Z',
      end: '2096-06-30T22:00:00Z',
      jitter: '30 seconds',
      overlap: 'buffer-one',
      catchupWindow: '1 hour',
      pauseOnFailure: 'yes',
      window: '20 minutes',
    });
  });

  test('shows what was changed by hand, puts it right, and keeps what people set', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = scheduleOf(app);
    const id = idFor(app);
    await writeFileOf(app, `  ${id}: {cron: 0 9 * * *, timezone: Asia/Tokyo, window: 1 minute}`);
    expect((await schedule('apply')).code).toBe(0);

    const handle = app.client.schedule.getHandle(id);
    await handle.pause('holidays');
    await handle.update(({ action, state, policies }) => ({
      spec: { calendars: [{ hour: 8, minute: 30 }], timezone: 'Europe/Paris' },
      action: { ...action, args: [{ spreadWindowS: 5, selection: { kind: 'due', schedule: 'another' } }] },
      policies: { ...policies, overlap: 'SKIP', catchupWindow: '1 day' },
      state: { ...state, remainingActions: 7 },
    }));
    const applied = json(await schedule('apply', '--json'));
    expect(applied).toMatchObject({
      added: [],
      removed: [],
      changed: [
        {
          id,
          differences: [
            { setting: 'cron', old: '30 8 * * *', new: '0 9 * * *' },
            { setting: 'timezone', old: 'Europe/Paris', new: 'Asia/Tokyo' },
            { setting: 'overlap', old: 'skip', new: 'allow-all' },
            { setting: 'catchup-window', old: '1 day', new: '1 hour' },
            { setting: 'window', old: '5 seconds', new: '1 minute' },
            { setting: 'input', old: '{"selection":{"kind":"due","schedule":"another"}}', new: 'none' },
            { setting: 'timezone rules', old: "the server's", new: process.versions['tz'] },
          ],
        },
      ],
    });
    expect(json(await schedule('apply', '--json'))).toMatchObject({ changed: [], unchanged: 1 });
    const { state, action } = await handle.describe();
    expect(state).toEqual({ paused: true, note: 'holidays', remainingActions: 7 });
    expect(action.args).toEqual([{ spreadWindowS: 60 }]);
  });

  test('by ten at once leaves one truth', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = scheduleOf(app);
    const [fresh, changed] = [idFor(app, 'fresh'), idFor(app, 'changed')];
    await app.schedules.create({ id: changed, cron: '0 5 * * *', overlap: 'skip', note: 'mine' });
    await app.schedules.pause(changed, 'not today');
    await writeFileOf(app, `  ${fresh}: {cron: 0 9 * * MON}`, `  ${changed}: {cron: 0 9 * * TUE}`);
    const ended = await Promise.all(Array.from({ length: 10 }, () => schedule('apply')));
    for (const { code, stderr } of ended) expect([code, stderr]).toEqual([0, '']);
    expect((await schedule('apply')).stdout).toBe('Nothing to change, 2 unchanged\n');
    expect((await app.schedules.describe(changed)).state).toMatchObject({ paused: true, note: 'not today' });
  }, 120_000);

  test('prunes what of ours is not in the file, when it may, and nothing else', async () => {
    await using app = await startApp({ withoutWorker: true });
    const schedule = scheduleOf(app);
    const [kept, extra, foreign] = [idFor(app, 'kept'), idFor(app, 'extra'), idFor(app, 'foreign')];
    const once = `send/${idFor(app, 'once')}`;
    await createElsewhere(app, extra);
    await createElsewhere(app, foreign, 'somebodyElse');
    await createElsewhere(app, once);
    app.defer(() => app.client.schedule.getHandle(once).delete());
    await writeFileOf(app, `  ${kept}: {cron: 0 9 * * *}`);
    const notInFile = async () => json(await schedule('apply', '--json'))['notInFile'];
    expect(
      await until('the list to have it', async () => ((await notInFile()) as string[]).length > 0 && notInFile()),
    ).toEqual([extra]);

    const unasked = await schedule('apply', '--prune');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('Use --yes') });
    expect(await app.schedules.find(extra)).toBeDefined();

    expect((await schedule('apply', '--prune', '--yes')).stdout).toBe(`- ${extra}\n1 removed, 1 unchanged\n`);
    expect(await app.schedules.find(extra)).toBeUndefined();
    expect(await app.schedules.find(foreign)).toBeDefined();
    expect(await app.schedules.find(once)).toBeDefined();
  });

  test('does not take over a schedule that starts something else', async () => {
    await using app = await startApp({ withoutWorker: true });
    const id = idFor(app, 'foreign');
    await createElsewhere(app, id, 'somebodyElse');
    await writeFileOf(app, `  ${id}: {cron: 0 9 * * *}`);
    expect(await scheduleOf(app)('apply')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: Schedule ".*" starts somebodyElse on task queue/),
    });
  });
});
