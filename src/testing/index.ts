/** For tests of your own reports: `import { startTestApp } from 'slack-reports/testing'`. */
export { type Fixture, renderFixture } from '../reports/fixture.ts';
export { startTestApp, type TestApp, type TestDelivery, type TestResult } from './test-app.ts';
