/** Plays the chapters, those that do not depend on each other at once, and collects their claims. */
import type { Claim, Report } from './report.ts';
import type { Chapter, Scene, Stage } from './scene.ts';

/** Answers every claim of every chapter, in the order of the chapters. A chapter that breaks off leaves claims unproved. */
export async function playAll(chapters: readonly Chapter[], scene: Scene, { say }: Report): Promise<Claim[]> {
  const played = new Map<string, Promise<Claim[]>>();
  for (const chapter of chapters) {
    const before = chapter.after.map((id) => {
      const earlier = played.get(id);
      if (!earlier) throw new Error(`${chapter.id} comes after a chapter that is not before it`);
      return earlier;
    });
    played.set(
      chapter.id,
      Promise.all(before).then(async () => play(chapter, scene, say)),
    );
  }
  return (await Promise.all(played.values())).flat();
}

async function play(chapter: Chapter, scene: Scene, say: (line: string) => void): Promise<Claim[]> {
  const seen = new Map<string, { holds: boolean; evidence: string[] }>();
  const tell = (line: string): void => say(`[${chapter.id}] ${line}`);
  const prove: Stage['prove'] = (key, holds, evidence) => {
    if (!(key in chapter.claims)) throw new Error(`${chapter.id} has no claim ${key}`);
    const earlier = seen.get(key) ?? { holds: true, evidence: [] };
    seen.set(key, { holds: earlier.holds && holds, evidence: [...earlier.evidence, evidence] });
    if (!holds) tell(`✗ ${chapter.claims[key]}: ${evidence}`);
  };
  let problem = 'the chapter ended before it';
  tell(chapter.title);
  try {
    await chapter.play(scene, { say: tell, prove });
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    tell(`✗ ${problem}`);
  }
  return Object.entries(chapter.claims).map(([key, claim]) => {
    const { holds, evidence } = seen.get(key) ?? { holds: false, evidence: [`not shown: ${problem}`] };
    return { chapter: chapter.title, claim, evidence: evidence.join('; '), holds };
  });
}
