/** Work of which only so much may be under way for one subject at a time: the rest waits, in the order of its coming. */

/** Does `work` for `subject` when its turn comes. Answers and fails as `work` does. */
type InTurn = <T>(subject: string, work: () => Promise<T>) => Promise<T>;

interface Line {
  underWay: number;
  readonly waiting: (() => void)[];
}

/** `most` at a time for each subject. A turn ends with its work, or after `turnMs`: its work then goes on beside the next. */
export function createTurns(most: number, turnMs: number): InTurn {
  const lines = new Map<string, Line>();
  const enter = async (subject: string): Promise<Line> => {
    const line = lines.get(subject) ?? { underWay: 0, waiting: [] };
    lines.set(subject, line);
    if (line.underWay < most) line.underWay += 1;
    // Whoever leaves hands on the place.
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    return line;
  };
  const leave = (subject: string, line: Line): void => {
    const next = line.waiting.shift();
    if (next) return next();
    line.underWay -= 1;
    if (line.underWay === 0) lines.delete(subject);
  };
  return async (subject, work) => {
    const line = await enter(subject);
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      leave(subject, line);
    };
    const timer = setTimeout(end, turnMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  };
}
