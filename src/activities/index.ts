import { closeDeliveryActivities } from './close-delivery.ts';
import type { Dependencies } from './dependencies.ts';
import { dispatchActivities } from './dispatch.ts';
import { loadReportActivities } from './load-report.ts';
import { postPartActivities } from './post-part.ts';
import { postToSlackActivities } from './post-to-slack.ts';
import { uploadFilesActivities } from './upload-files.ts';

export type Activities = ReturnType<typeof deliveryActivities> & ReturnType<typeof postingActivities>;

/** For the worker of runs, deliveries and reports. */
export function deliveryActivities(dependencies: Dependencies) {
  return {
    ...dispatchActivities(dependencies),
    ...loadReportActivities(dependencies),
    ...closeDeliveryActivities(dependencies),
  };
}

/** For the worker that does nothing but upload and post. */
export function postingActivities(dependencies: Dependencies) {
  return {
    ...uploadFilesActivities(dependencies),
    ...postToSlackActivities(dependencies),
    ...postPartActivities(dependencies),
  };
}
