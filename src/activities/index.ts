import { closeDeliveryActivities } from './close-delivery.ts';
import type { Dependencies } from './dependencies.ts';
import { dispatchActivities } from './dispatch.ts';
import { loadReportActivities } from './load-report.ts';
import { postToSlackActivities } from './post-to-slack.ts';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(dependencies: Dependencies) {
  return {
    ...dispatchActivities(dependencies),
    ...loadReportActivities(dependencies),
    ...postToSlackActivities(dependencies),
    ...closeDeliveryActivities(dependencies),
  };
}
