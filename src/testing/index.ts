/** For tests of your own reports: `import { renderFixture } from 'slack-reports/testing'`. */
export { renderFixture } from '../reports/fixture.ts';
