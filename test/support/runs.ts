/**
 * How often a property is tried. Ten thousand runs find what is rare, and take minutes: `PROPERTY_RUNS=10000`. The default
 * keeps the suite short.
 */
export const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 500);
