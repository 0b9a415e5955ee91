import { withPrefix } from '../contract/names.ts';
import { afterRunActivities } from './after-run.ts';
import { claimDueActivities } from './claim-due.ts';
import type { Dependencies } from './dependencies.ts';
import { postMessageActivities } from './post-message.ts';
import { recordOutcomeActivities } from './record-outcome.ts';
import { channelHistory } from '../slack/history.ts';
import { uploadFilesActivities } from './upload-files.ts';

/** As workflows call them. */
export type Activities = ReturnType<typeof activities>;

export function activities(dependencies: Dependencies) {
  const history = channelHistory();
  return withPrefix({
    ...claimDueActivities(dependencies, history),
    ...uploadFilesActivities(dependencies),
    ...postMessageActivities(dependencies, history),
    ...recordOutcomeActivities(dependencies),
    ...afterRunActivities(dependencies),
  });
}
