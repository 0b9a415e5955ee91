import { expect, test } from 'vitest';
import { TZ_VERSION } from '../../src/domain/recurrence/recurrence.ts';
import { firesBetween } from '../../src/scheduling/fires.ts';
import { parseSettings } from '../../src/scheduling/input.ts';
import { DEFAULTS } from '../../src/scheduling/settings.ts';
import { zoneDataVersion } from '../../src/scheduling/zone-data.ts';
import { startApp } from '../support/app.ts';
import { idFor } from '../support/schedules.ts';

const textsOf = (times: Date[]) => times.map((time) => time.toISOString());

test('the server reads local times by our rules, also for a zone whose rules its own database has not', async () => {
  await using app = await startApp({ withoutWorker: true });
  const [from, until] = [new Date('2026-11-01'), new Date('2027-04-01')];
  for (const timezone of ['America/Vancouver', 'Europe/Berlin', 'Asia/Kolkata', 'Africa/Casablanca']) {
    const input = { cron: '0 9 * * *', timezone };
    const id = idFor(app);
    await app.schedules.create({ id, ...input });
    const ours = firesBetween({ ...DEFAULTS, ...parseSettings(input) }, from, until).flatMap(({ at }) => at ?? []);
    expect(textsOf(await app.schedules.timesBetween(id, from, until)), timezone).toEqual(textsOf(ours));
    const { raw } = await app.schedules.describe(id);
    expect(zoneDataVersion(raw.schedule?.spec?.timezoneData)).toBe(TZ_VERSION);
  }
});
