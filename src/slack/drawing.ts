/** What the pictures are drawn with: texts of the font that comes with the program. */
export const FONT = 'DejaVu Sans';

/** A picture has so many pixels for each that is laid out, for the screens that have them. */
export const SCALE = 2.5;
