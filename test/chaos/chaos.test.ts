import { expect, inject, test } from 'vitest';
import { runSeed } from '../../chaos/run-seed.ts';
import { verdictOf } from '../../chaos/table.ts';

/** For the longest fault (half a minute) after the last kill, on a busy machine, in milliseconds. */
const DEADLINE_MS = 240_000;

test(
  'nothing is lost, doubled or told wrong while workers and the server are killed and Slack misbehaves, nor whether a worker is ready',
  { timeout: DEADLINE_MS + 60_000 },
  async ({ signal }) => {
    const result = await runSeed(
      { seed: 3, notifications: 60, channels: 20, workspaces: 4, workers: 2, kills: 2, serverRestarts: 1 },
      { cliPath: inject('temporalCli'), deadlineMs: DEADLINE_MS, keep: false, signal },
    );

    expect(verdictOf([result])).toEqual([]);
    expect(result.kills.inGap).toBeGreaterThan(0);
    expect(result.serverRestarts).toBe(1);
    expect(result.terms).toBeGreaterThan(0);
    expect(result.readiness.ready).toBeGreaterThan(0);
    expect(result.endings['delivered']).toBeGreaterThan(40);
    expect(result.left).toEqual([]);
  },
);
