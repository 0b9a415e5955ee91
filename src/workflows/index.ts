/** The exports are the workflow types: src/contract/names.ts. */
export { dispatch as slackReportsDispatch } from './dispatch.ts';
export { partition as slackReportsPartition } from './partition.ts';
export { deliver as slackReportsDeliver } from './deliver.ts';
