/** Channels that the unpaced notifications go to: enough that none holds thousands of messages. */
export const FAN_OUT_CHANNELS = 50;
/** What two cores do best with, and the product's own default (SLACK_REPORTS_CONCURRENCY). */
export const WINDOW = 50;
/** Dispatchers of a partitioned run, as in src/workflows/partitioning.ts. */
export const PARTITIONS = 2;
/** What Temporal advises as the most for one history. https://docs.temporal.io/workflow-execution/limits */
export const ADVISED_EVENTS = 4_096;
