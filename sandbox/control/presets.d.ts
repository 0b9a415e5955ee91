import type { z } from 'zod';
import type { faultSchema } from './schemas.ts';
export interface Preset {
  id: string;
  label: string;
  /** What it does, in one line. */
  about: string;
  fault: z.input<typeof faultSchema>;
}
/** Problems that Slack is known for. */
export declare const PRESETS: readonly Preset[];
