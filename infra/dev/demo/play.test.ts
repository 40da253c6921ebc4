import { describe, expect, it } from 'vitest';
import { playAll } from './play.ts';
import { createReport } from './report.ts';
import type { Chapter, Scene } from './scene.ts';

const scene = {} as Scene;
const quiet = createReport(() => undefined);
const chapter = (id: string, after: string[], play: Chapter['play']): Chapter => {
  return { id, title: id, after, claims: { a: `${id} a`, b: `${id} b` }, play };
};

describe('playing chapters', () => {
  it('waits for the chapters before, and keeps the order of the story', async () => {
    const order: string[] = [];
    const note = (id: string, ms: number) =>
      chapter(id, id === 'last' ? ['slow', 'fast'] : [], async (_scene, { prove }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        order.push(id);
        prove('a', true, 'seen');
        prove('b', true, 'seen');
      });
    const claims = await playAll([note('slow', 30), note('fast', 1), note('last', 1)], scene, quiet);
    expect(order).toEqual(['fast', 'slow', 'last']);
    expect(claims.map(({ claim }) => claim).slice(0, 3)).toEqual(['slow a', 'slow b', 'fast a']);
    expect(claims.every(({ holds }) => holds)).toBe(true);
  });

  it('lets a claim fall that was not proved, or once disproved', async () => {
    const broken = chapter('broken', [], async (_scene, { prove }) => {
      prove('a', false, 'first look');
      prove('a', true, 'second look');
      throw new Error('the floor gave way');
    });
    const claims = await playAll([broken], scene, quiet);
    expect(claims.map(({ holds }) => holds)).toEqual([false, false]);
    expect(claims[0]?.evidence).toBe('first look; second look');
    expect(claims[1]?.evidence).toContain('the floor gave way');
  });
});
