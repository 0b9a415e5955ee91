/** The application's own workflow, as it was. */
export async function greet(name: string): Promise<string> {
  return `Hello ${name}`;
}
