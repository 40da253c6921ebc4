/** What the demonstration shows: lines as it goes, and claims with their evidence at the end. */

/** One thing that the demonstration promises to show, and what it saw. */
export interface Claim {
  readonly chapter: string;
  readonly claim: string;
  readonly evidence: string;
  readonly holds: boolean;
}

export interface Report {
  /** A line of progress, with the time since the start. */
  say(line: string): void;
  /** Everything that was printed, to be searched for what must not be there. */
  printed(): string;
  elapsedSeconds(): number;
}

/** Prints progress with `print`; the time counts from now on. */
export function createReport(print: (text: string) => void): Report {
  const begin = performance.now();
  const lines: string[] = [];
  const elapsedSeconds = (): number => (performance.now() - begin) / 1000;
  return {
    elapsedSeconds,
    printed: () => lines.join('\n'),
    say(text) {
      const line = `${elapsedSeconds().toFixed(1).padStart(6)} s  ${text}`;
      lines.push(line);
      print(line);
    },
  };
}

const COLUMNS = [
  { title: 'claim', width: 46 },
  { title: 'evidence', width: 76 },
] as const;

/** The claims as a table, a heading for each chapter; texts are wrapped, never cut. */
export function claimsTable(claims: readonly Claim[]): string {
  const rule = `  ${'─'.repeat(COLUMNS[0].width)}  ${'─'.repeat(COLUMNS[1].width)}`;
  const rows = claims.flatMap((claim, index) => {
    const heading = claims[index - 1]?.chapter === claim.chapter ? [] : [rule, `  ${claim.chapter}`, rule];
    return [...heading, ...claimRow(claim)];
  });
  const titles = `  ${COLUMNS.map(({ title, width }) => title.padEnd(width)).join('  ')}`.trimEnd();
  return [titles, ...rows, rule].join('\n');
}

function claimRow({ claim, evidence, holds }: Claim): string[] {
  const cells = [wrap(claim, COLUMNS[0].width), wrap(evidence, COLUMNS[1].width)] as const;
  const height = Math.max(cells[0].length, cells[1].length);
  return Array.from({ length: height }, (_, line) => {
    const mark = line === 0 ? (holds ? '✓' : '✗') : ' ';
    const text = COLUMNS.map(({ width }, column) => (cells[column]![line] ?? '').padEnd(width)).join('  ');
    return `${mark} ${text}`.trimEnd();
  });
}

/** Breaks at blanks; a word longer than a line is broken where the line ends. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
