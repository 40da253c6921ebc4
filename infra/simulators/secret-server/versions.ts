/** What exists since when (docs.delinea.com, Secret Server REST API). */
import { unknownRoute } from './refusals.ts';
import type { World } from './types.ts';

/** Whether the simulated version is at least `minimum`, such as `10.9` or `10.2.000018`. */
export function isAtLeast(world: World, minimum: string): boolean {
  const [own, wanted] = [world.settings.version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, number] of wanted!.entries()) {
    const difference = (own![index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Refuses with 404, as any unknown route, below `minimum`. */
export function needs(world: World, minimum: string): void {
  if (!isAtLeast(world, minimum)) throw unknownRoute();
}
