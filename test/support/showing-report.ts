import { z } from 'zod';
import type { ReportBlock } from '../../src/reports/blocks/blocks.ts';
import { defineReport, type ReportInput } from '../../src/reports/define.ts';
import type { Text } from '../../src/reports/blocks/text.ts';

export const CONTEXT: ReportInput = {
  account: 'acme',
  params: {},
  since: undefined,
  dueAt: new Date('2026-11-24T08:00:00Z'),
  timezone: undefined,
};

export interface Draft {
  text: Text;
  blocks: ReportBlock[];
  thread?: Draft[];
}

/** A report that shows what it is given. */
export const shows = defineReport({
  name: 'shows',
  description: 'Shows what it is given',
  params: z.object({}),
  load: async (): Promise<Draft> => ({ text: '', blocks: [] }),
  render: (draft) => draft,
});
