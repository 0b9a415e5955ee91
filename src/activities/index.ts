import { claimDueActivities } from './claim-due.ts';
import type { Dependencies } from './dependencies.ts';
import { postMessageActivities } from './post-message.ts';
import { recordOutcomeActivities } from './record-outcome.ts';
import { uploadFilesActivities } from './upload-files.ts';

export type Activities = ReturnType<typeof activities>;

export function activities(dependencies: Dependencies) {
  return {
    ...claimDueActivities(dependencies),
    ...uploadFilesActivities(dependencies),
    ...postMessageActivities(dependencies),
    ...recordOutcomeActivities(dependencies),
  };
}
