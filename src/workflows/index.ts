export { dispatch } from './dispatch.ts';
export { deliver } from './deliver.ts';
