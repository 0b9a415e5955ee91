export * from './own-workflows.ts';
export * from 'slack-reports/workflows';
