import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { installCommand, missingPackages } from '../../../src/lib/optional-packages.ts';
import { temporaryFolder } from '../../support/store.ts';

const PACKAGES = ['echarts', '@resvg/resvg-js', 'dejavu-fonts-ttf', '@opentelemetry/exporter-trace-otlp-http'];

test('a package is missing where no node_modules above has it', async () => {
  expect(missingPackages(PACKAGES)).toEqual([]);
  await using folder = await temporaryFolder();
  expect(missingPackages(PACKAGES, pathToFileURL(`${folder.path}/file.js`).href)).toEqual(PACKAGES);
});

test('the command to install them names the versions that we know', () => {
  expect(installCommand(PACKAGES)).toBe(
    'npm install echarts@6 @resvg/resvg-js@2 dejavu-fonts-ttf@2 @opentelemetry/exporter-trace-otlp-http@0.57',
  );
});
