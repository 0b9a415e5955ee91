/**
 * Slack's native chart block (June 2026), which `@slack/types` 3.2 does not declare yet.
 * Source: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
 * Cast it with `as Block` where the SDK wants a block. A message can have at most two.
 */
export interface DataVisualizationBlock {
  type: 'data_visualization';
  block_id?: string;
  /** Shown above the chart; 1 to 50 characters of plain text. */
  title: string;
  chart: PieChart | SeriesChart;
}

interface PieChart {
  type: 'pie';
  /** 1 to 6 slices; each value is above zero and is drawn as its share of the sum. */
  segments: ChartPoint[];
}

export interface SeriesChart {
  /** `bar` groups its series by category; `area` layers them, the first at the back. */
  type: 'bar' | 'line' | 'area';
  /** 1 to 6 series with unique names. */
  series: ChartSeries[];
  axis_config: AxisConfig;
}

interface ChartSeries {
  /** Shown in the legend; 1 to 20 characters. */
  name: string;
  /** 1 to 20 points, exactly one for each category. */
  data: ChartPoint[];
}

export interface ChartPoint {
  /** In a series: one of the categories. In a pie: the name of the slice. 1 to 20 characters. */
  label: string;
  value: number;
}

interface AxisConfig {
  /** The x axis from left to right: 1 to 20 unique labels, each 1 to 20 characters. */
  categories: string[];
  /** Up to 50 characters. */
  x_label?: string;
  /** Up to 50 characters. */
  y_label?: string;
}
