/** Never gives its thread back. */
export async function endless(): Promise<void> {
  for (;;);
}
