import { withPrefix } from '../contract/names.ts';
import { afterRunActivities } from './after-run.ts';
import { claimDueActivities } from './claim-due.ts';
import type { Dependencies } from './dependencies.ts';
import { postMessageActivities } from './post-message.ts';
import { recordOutcomeActivities } from './record-outcome.ts';
import { uploadFilesActivities } from './upload-files.ts';

/** As workflows call them. */
export type Activities = ReturnType<typeof activities>;

export function activities(dependencies: Dependencies) {
  return withPrefix({
    ...claimDueActivities(dependencies),
    ...uploadFilesActivities(dependencies),
    ...postMessageActivities(dependencies),
    ...recordOutcomeActivities(dependencies),
    ...afterRunActivities(dependencies),
  });
}
