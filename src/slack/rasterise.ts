/** A process of its own: reads an SVG from its input and writes the PNG to its output. See `drawPng`. */
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { FONT, SCALE } from './drawing.ts';

// Without a font of our own the text would be left out where the machine has none.
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
  fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}`)),
);
const image = new Resvg(await text(process.stdin), {
  fitTo: { mode: 'zoom', value: SCALE },
  font: { fontFiles, loadSystemFonts: false, defaultFontFamily: FONT },
});
process.stdout.write(image.render().asPng());
