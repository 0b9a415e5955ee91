/** What a worker serves for Prometheus now. */
export async function scrape(address: string): Promise<Map<string, number>> {
  const response = await fetch(`http://${address}/metrics`);
  return metricsIn(await response.text());
}

/** The samples of a page: name with labels → value, `slack_reports_due_total` → 3. */
export function metricsIn(page: string): Map<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The sum of a metric's samples whose labels hold all of these. */
export function sumOf(samples: Map<string, number>, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const fitting = [...samples].filter(
    ([sample]) => sample.split('{')[0] === name && wanted.every((label) => sample.includes(label)),
  );
  return fitting.reduce((sum, [, value]) => sum + value, 0);
}
