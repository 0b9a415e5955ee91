/**
 * A bundle has its failure converter built in, so `npm run build` makes two: `workflows.js`, and `workflows.encrypted.js`
 * for workers with the payload codec on.
 */
export function bundleFor(file: string, encrypted: boolean): string {
  return encrypted ? file.replace(/(\.[^./]+)?$/, (extension) => `.encrypted${extension}`) : file;
}
