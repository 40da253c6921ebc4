/** The numbers of the current version and of the `count` before it, newest first, of a thing with `length` versions. */
export function currentAndLast(length: number, count: number): readonly number[] {
  return Array.from({ length: Math.min(count + 1, length) }, (_, back) => length - 1 - back);
}
