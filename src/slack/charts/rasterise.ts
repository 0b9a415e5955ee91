/** A process of its own: reads an SVG from its input and writes the PNG to its output. See `drawPng`. */
import { text } from 'node:stream/consumers';
import { Resvg } from '@resvg/resvg-js';
import { FONT, fontFiles } from './draw-chart.ts';

/** Pixels of the picture for each pixel of the layout, for high-resolution screens. */
const SCALE = 2.5;

// A machine without fonts would leave the text out, so the program brings its own.
const { regular, bold } = fontFiles();
const image = new Resvg(await text(process.stdin), {
  fitTo: { mode: 'zoom', value: SCALE },
  font: { fontFiles: [regular, bold], loadSystemFonts: false, defaultFontFamily: FONT },
});
process.stdout.write(image.render().asPng());
