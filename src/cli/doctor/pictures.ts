import { installCommand } from '../../lib/optional-packages.ts';
import { missingChartPackages } from '../../slack/charts/draw-chart.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Whether `chartImage` can draw. */
export function pictures(): Finding {
  const missing = missingChartPackages();
  if (missing.length === 0) return ok('pictures', 'charts can be drawn');
  const install = `If a report has a chart as a picture, ${installCommand(missing)}`;
  return warn('pictures', 'charts are shown as tables: packages are missing', install);
}
