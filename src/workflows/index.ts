export { dispatch } from './dispatch.ts';
export { partition } from './partition.ts';
export { deliver } from './deliver.ts';
