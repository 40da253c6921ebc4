/** What `--help` prints. */
import type { Program, Variable, Variables } from './variable.ts';

/** What `--help` prints: every variable with what it is for, whether it must be given, and its default. */
export function helpText(program: Program<Variables>): string {
  const usage = ['node', program.name, ...(program.usage ? [program.usage] : [])].join(' ');
  const entries = Object.values(program.variables).map((of) => `  ${of.name}\n${wrapped(helpOf(of), '      ')}`);
  const variables = entries.length > 0 ? `\nEnvironment variables:\n\n${entries.join('\n')}\n` : '';
  return `${usage}\n\n${wrapped(program.description, '')}\n${variables}`;
}

function helpOf(of: Variable<unknown>): string {
  const facts = [
    of.required ? 'Required.' : of.fallback === undefined ? 'Optional.' : `Default: ${of.fallback}`,
    ...(of.kind === 'secret' ? [`May be given as ${of.name}_FILE, the path of a file.`] : []),
    ...(of.example ? [`Example: ${of.example}`] : []),
  ];
  return `${of.description} ${facts.join(' ')}`;
}

const HELP_WIDTH = 96;

/** `text` in lines of at most 96 characters where its words allow it, each after `indent`. */
export function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > HELP_WIDTH) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line].join('\n');
}
