import { closeDeliveryActivities } from './close-delivery.ts';
import type { Dependencies } from './dependencies.ts';
import { dispatchActivities } from './dispatch.ts';
import { loadReportActivities } from './load-report.ts';
import { postToSlackActivities } from './post-to-slack.ts';

export type Activities = ReturnType<typeof deliveryActivities> & ReturnType<typeof postingActivities>;

/** For the worker of runs, deliveries and reports. */
export function deliveryActivities(dependencies: Dependencies) {
  return {
    ...dispatchActivities(dependencies),
    ...loadReportActivities(dependencies),
    ...closeDeliveryActivities(dependencies),
  };
}

/** For the worker that does nothing but post. */
export function postingActivities(dependencies: Dependencies) {
  return postToSlackActivities(dependencies);
}
